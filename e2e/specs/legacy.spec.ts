// The historic protocol: what a real browser sends from a file, from a frame without an origin and from another site.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Frame, Page } from '@playwright/test';
import { Daemon } from '../tailhook/daemon.ts';
import type { Envelope } from '../tailhook/api.ts';
import { expect, test as base } from './fixtures.ts';

const test = base.extend({
  daemon: async ({ workshop }, use) => {
    const daemon = await Daemon.start(join(workshop.root, 'state'), workshop.home, 'legacy_ws = true\n');
    await use(daemon);
    await daemon.stop();
  },
});

test('a page from a file reads events, and can send none', async ({ page, daemon, workshop }) => {
  const file = join(workshop.root, 'monitor.html');
  await writeFile(file, '<!doctype html><title>monitor</title>');
  await page.goto(pathToFileURL(file).href);
  const before = await messages(page, daemon.port, '', '{"type":"session.start","session_id":"s","data":{}}');
  expect(before.map(({ type }) => type)).toEqual(['system.hello', 'error']);

  await daemon.command(['emit', '--session', 'seen']);
  const events = (await messages(page, daemon.port, '?since=0', '')).slice(1);
  expect(events.map(({ data }) => [data['seq'], data['session_id']])).toEqual([[1, 'seen']]);
  expect(Object.keys(events[0]!).sort()).toEqual(['data', 'timestamp', 'type']);
});

test('a page of another site is refused', async ({ page, daemon }) => {
  const elsewhere = await site();
  await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
  await expect(messages(page, daemon.port, '', '')).rejects.toThrow('refused');
  elsewhere.close();
});

/** The first two messages of a new connection; a connection that is not opened throws. */
function messages(page: Page | Frame, port: number, query: string, said: string): Promise<Envelope[]> {
  const read = ([url, said]: [string, string]) =>
    new Promise<Envelope[]>((resolve, reject) => {
      const socket = new WebSocket(url);
      const got: Envelope[] = [];
      socket.onopen = () => said !== '' && socket.send(said);
      socket.onclose = () => reject(new Error('refused'));
      socket.onmessage = ({ data }: MessageEvent<string>) => {
        if (got.push(JSON.parse(data) as Envelope) < 2) return;
        socket.onclose = null;
        socket.close();
        resolve(got);
      };
    });
  return page.evaluate(read, [`ws://127.0.0.1:${port}/${query}`, said] as [string, string]);
}

function site(): Promise<Server> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>site</title>'));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
