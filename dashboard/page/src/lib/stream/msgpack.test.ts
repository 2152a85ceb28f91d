import { expect, it } from 'vitest';
import { decodeMessagePack } from './msgpack';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (pair) => parseInt(pair, 16));

// Written by rmp_serde, which the daemon uses.
it.each([
  ['83 a4 74 79 70 65 a9 68 6f 6f 6b 2e 73 74 6f 70 a3 73 65 71 07 a4 64 61 74 61 81 a7 73 75 6d 6d 61 72 79 a2 c3 bc', { type: 'hook.stop', seq: 7, data: { summary: 'ü' } }],
  ['93 c0 c2 c3', [null, false, true]],
  ['95 7f cc 80 cd 01 00 ce 00 01 00 00 cf 00 00 00 01 00 00 00 00', [127, 128, 256, 65_536, 4_294_967_296]],
  ['95 ff d0 80 d1 ff 00 d2 ff ff 00 00 d3 ff ff ff ff 00 00 00 00', [-1, -128, -256, -65_536, -4_294_967_296]],
  ['92 ca 3f 80 00 00 cb 3f b9 99 99 99 99 99 9a', [1, 0.1]],
  ['d9 20' + '61'.repeat(32), 'a'.repeat(32)],
  ['da 01 00' + '62'.repeat(256), 'b'.repeat(256)],
  ['dc 00 10' + '01'.repeat(16), Array(16).fill(1)],
  ['de 00 01 a1 6b 90', { k: [] }],
])('%s', (hex, value) => {
  expect(decodeMessagePack(bytes(hex))).toEqual(value);
});

it('takes a name that JavaScript would not for a name like any other', () => {
  const value = decodeMessagePack(bytes('81 a9 5f 5f 70 72 6f 74 6f 5f 5f 81 a1 78 01')) as object;
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect('x' in value).toBe(false);
});

it.each(['', 'a5 61', '93 01 02', 'c1', '01 01', '91'.repeat(2_000) + '01'])('refuses %s', (hex) => {
  expect(() => decodeMessagePack(bytes(hex))).toThrow(RangeError);
});
