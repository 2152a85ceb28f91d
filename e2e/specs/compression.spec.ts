// permessage-deflate as a real browser negotiates it, with context takeover: what arrives is held against the store, byte
// for byte.
import { randomBytes } from 'node:crypto';
import type { Page } from '@playwright/test';
import { decodeMessagePack } from '../../dashboard/page/src/lib/stream/msgpack.ts';
import { fill, post, prepareLoad, storedSeq, until } from '../page/load.ts';
import type { Load } from '../page/load.ts';
import type { Envelope } from '../tailhook/api.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { expect, test } from './fixtures.ts';

const BEFORE = 1_200;
const MEANWHILE = 1_800;
const MARK = 'the last of them all';

interface Received {
  extensions: string;
  protocol: string;
  /** As they came; binary ones in base64. */
  messages: string[];
}

test('every event arrives once, in order and whole, however it is compressed', async ({ page, daemon }) => {
  const load = await prepareLoad(daemon);
  await fill(load, BEFORE / 2, (n) => `calls-${n % 7}`);
  await postAll(load, BEFORE / 2);
  await openOrigin(page, daemon);
  // The replay begins while more is coming in.
  const receiving = page.evaluate(receive, MARK);
  await postAll(load, MEANWHILE);
  await post(load, payload('the end', MARK));
  const last = BEFORE + MEANWHILE + 1;
  await until(async () => (await storedSeq(load)) === last);
  const received = await receiving;
  load.connections.destroy();

  const stored = await storedTexts(daemon, last);
  const [single, batches, packed] = received as [Received, Received, Received];
  for (const { extensions } of received) {
    expect(extensions).toContain('permessage-deflate');
    expect(extensions).not.toContain('server_no_context_takeover');
  }
  expect(received.map(({ protocol }) => protocol)).toEqual(['', 'tailhook.v1.json', 'tailhook.v1.msgpack']);

  const alone = single.messages.filter((text) => isEvent(JSON.parse(text)));
  expect(alone.length).toBe(last);
  expect(alone.findIndex((text, n) => text !== stored[n])).toBe(-1);

  const joined = batches.messages.map((text) => ({ text, envelopes: JSON.parse(text) as Envelope[] }));
  expectEachOnce(joined.flatMap(({ envelopes }) => envelopes), last);
  expect(joined.length).toBeLessThan(last);
  const written = (envelope: Envelope) => (isEvent(envelope) ? stored[envelope.seq - 1] : JSON.stringify(envelope));
  expect(joined.filter(({ text, envelopes }) => text !== `[${envelopes.map(written).join(',')}]`)).toEqual([]);

  const unpacked = packed.messages.flatMap((text) => decodeMessagePack(Buffer.from(text, 'base64')) as Envelope[]);
  expectEachOnce(unpacked, last);
  expect(unpacked.filter(isEvent)).toEqual(stored.map((text) => JSON.parse(text) as Envelope));
});

/** Runs in the browser: one socket of each shape, from the first event to the one with the mark. */
function receive(mark: string): Promise<Received[]> {
  const base64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  const shapes = [[], ['tailhook.v1.json'], ['tailhook.v1.msgpack']];
  const open = (protocols: string[]) =>
    new Promise<Received>((resolve, reject) => {
      const socket = new WebSocket(`ws://${location.host}/api/v1/stream?since=0&payload=full`, protocols);
      const messages: string[] = [];
      socket.binaryType = 'arraybuffer';
      socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
      socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
        messages.push(typeof data === 'string' ? data : base64(new Uint8Array(data)));
        if (!(typeof data === 'string' ? data : new TextDecoder().decode(data)).includes(mark)) return;
        socket.onclose = null;
        socket.close();
        resolve({ extensions: socket.extensions, protocol: socket.protocol, messages });
      };
    });
  return Promise.all(shapes.map(open));
}

/** Logged in, on a page that opens no socket of its own. */
async function openOrigin(page: Page, daemon: Daemon): Promise<void> {
  await page.goto((await daemon.command(['open', '--print'])).trim());
  // The login goes on to the page by itself.
  await page.waitForURL(`${daemon.url}/`);
  await page.goto(`${daemon.url}/healthz`);
}

function payload(session_id: string, text: string): Record<string, unknown> {
  return { session_id, cwd: '/home/dev', hook_event_name: 'PostToolUse', tool_name: 'Bash', tool_response: text };
}

/** What compresses to nothing, what does not compress at all, and what is longer than any window, in turn. */
function text(n: number): string {
  switch (n % 6) {
    case 0:
      return 'the same line over and over\n'.repeat(1 + (n % 90));
    case 1:
      return randomBytes(1 + ((n * 37) % 6_000)).toString('base64');
    case 2:
      return `only ${n} differs`;
    case 3:
      return Array.from(randomBytes(400), (byte) => String.fromCodePoint(byte < 128 ? byte : 0x1f300 + byte)).join('');
    case 4:
      return n % 120 === 4 ? randomBytes(100_000).toString('hex') : 'short';
    default:
      return JSON.stringify({ nested: Array.from({ length: n % 50 }, (_, at) => ({ at, of: n })) });
  }
}

async function postAll(load: Load, count: number): Promise<void> {
  let next = 0;
  const inTurn = async () => {
    while (next < count) {
      const n = next++;
      await post(load, payload(`mixed-${n % 5}`, text(n)));
    }
  };
  await Promise.all(Array.from({ length: 8 }, inTurn));
}

/** Each event's envelope as the API writes it; the first is that of seq 1. */
async function storedTexts(daemon: Daemon, last: number): Promise<string[]> {
  const { authorization } = await daemon.api();
  const texts: string[] = [];
  for (let from = 1; from <= last; from += 20) {
    const some = Array.from({ length: Math.min(20, last + 1 - from) }, (_, n) => from + n);
    const ask = async (seq: number) => (await fetch(`${daemon.url}/api/v1/events/${seq}`, { headers: authorization })).text();
    texts.push(...(await Promise.all(some.map(ask))));
  }
  return texts;
}

function isEvent(envelope: Envelope): boolean {
  return !envelope.type.startsWith('system.');
}

function expectEachOnce(envelopes: Envelope[], last: number): void {
  const seqs = envelopes.filter(isEvent).map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: last }, (_, n) => n + 1));
}
