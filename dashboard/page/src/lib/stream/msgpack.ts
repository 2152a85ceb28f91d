/**
 * Reads MessagePack as the daemon writes it: maps with text keys, arrays, text, numbers, booleans and nil. Source of the
 * format: https://github.com/msgpack/msgpack/blob/master/spec.md. Throws a RangeError where bytes are missing or unknown.
 */

const TEXT = new TextDecoder();
/** Deeper than any payload of an agent, shallow enough for the stack. */
const MAX_DEPTH = 512;

class Bytes {
  at = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint(size: 1 | 2 | 4 | 8): number {
    const at = this.#skip(size);
    switch (size) {
      case 1:
        return this.#view.getUint8(at);
      case 2:
        return this.#view.getUint16(at);
      case 4:
        return this.#view.getUint32(at);
      case 8:
        // Numbers of the daemon stay below 2^53.
        return this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
    }
  }

  int(size: 1 | 2 | 4 | 8): number {
    const at = this.#skip(size);
    switch (size) {
      case 1:
        return this.#view.getInt8(at);
      case 2:
        return this.#view.getInt16(at);
      case 4:
        return this.#view.getInt32(at);
      case 8:
        return Number(this.#view.getBigInt64(at));
    }
  }

  float(size: 4 | 8): number {
    const at = this.#skip(size);
    return size === 4 ? this.#view.getFloat32(at) : this.#view.getFloat64(at);
  }

  slice(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Most strings are short and plain: those are put together faster than a TextDecoder starts. */
  text(length: number): string {
    const bytes = this.slice(length);
    if (length > 24) return TEXT.decode(bytes);
    let text = '';
    for (const byte of bytes) {
      if (byte > 0x7f) return TEXT.decode(bytes);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #skip(length: number): number {
    const at = this.at;
    if (at + length > this.bytes.length) throw new RangeError('the message ends too early');
    this.at += length;
    return at;
  }
}

export function decodeMessagePack(bytes: Uint8Array): unknown {
  const source = new Bytes(bytes);
  const value = read(source, 0);
  if (source.at !== bytes.length) throw new RangeError('bytes behind the end of the message');
  return value;
}

function read(source: Bytes, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deeply');
  const head = source.uint(1);
  if (head < 0x80) return head;
  if (head < 0x90) return readMap(source, head & 0x0f, depth);
  if (head < 0xa0) return readArray(source, head & 0x0f, depth);
  if (head < 0xc0) return source.text(head & 0x1f);
  if (head >= 0xe0) return head - 0x100;
  switch (head) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
      return source.slice(source.uint(1));
    case 0xc5:
      return source.slice(source.uint(2));
    case 0xc6:
      return source.slice(source.uint(4));
    case 0xca:
      return source.float(4);
    case 0xcb:
      return source.float(8);
    case 0xcc:
      return source.uint(1);
    case 0xcd:
      return source.uint(2);
    case 0xce:
      return source.uint(4);
    case 0xcf:
      return source.uint(8);
    case 0xd0:
      return source.int(1);
    case 0xd1:
      return source.int(2);
    case 0xd2:
      return source.int(4);
    case 0xd3:
      return source.int(8);
    case 0xd9:
      return source.text(source.uint(1));
    case 0xda:
      return source.text(source.uint(2));
    case 0xdb:
      return source.text(source.uint(4));
    case 0xdc:
      return readArray(source, source.uint(2), depth);
    case 0xdd:
      return readArray(source, source.uint(4), depth);
    case 0xde:
      return readMap(source, source.uint(2), depth);
    case 0xdf:
      return readMap(source, source.uint(4), depth);
  }
  throw new RangeError(`byte 0x${head.toString(16)} begins nothing known`);
}

function readArray(source: Bytes, length: number, depth: number): unknown[] {
  const list: unknown[] = [];
  for (let index = 0; index < length; index++) list.push(read(source, depth + 1));
  return list;
}

function readMap(source: Bytes, length: number, depth: number): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (let index = 0; index < length; index++) {
    const key = String(read(source, depth + 1));
    const value = read(source, depth + 1);
    // Assigning to this name would set the object's prototype.
    if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    else map[key] = value;
  }
  return map;
}
