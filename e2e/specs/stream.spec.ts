// Who may read: the token, and the two headers by which a foreign web page gives itself away.
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Subscriber } from '../tailhook/subscriber.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { identity } from './complete.ts';
import { expect, test } from './fixtures.ts';

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const PLACES = [
  { title: 'the API', path: '/api/v1/events?since=0&limit=1', headers: {} },
  { title: 'a WebSocket upgrade', path: '/api/v1/stream', headers: UPGRADE },
  { title: 'server-sent events', path: '/api/v1/stream/sse', headers: {} },
];

for (const { title, path, headers } of PLACES) {
  test(`${title} answers its own page and nobody else`, async ({ daemon }) => {
    const welcome = (await daemon.api()).authorization;
    const port = daemon.port;
    const ask = (more: Record<string, string>) => status(daemon, path, { ...headers, ...more });

    expect(await ask(welcome)).toBe(headers === UPGRADE ? 101 : 200);
    expect(await ask({ ...welcome, Host: `localhost:${port}`, Origin: `http://localhost:${port}` })).toBe(
      headers === UPGRADE ? 101 : 200,
    );

    expect(await ask({})).toBe(401);
    expect(await ask({ Authorization: 'Bearer wrong' })).toBe(401);
    // A name that an attacker points at 127.0.0.1, and a page of another site.
    expect(await ask({ ...welcome, Host: `evil.example:${port}` })).toBe(403);
    expect(await ask({ ...welcome, Origin: 'https://evil.example' })).toBe(403);
    expect(await ask({ ...welcome, Origin: `http://127.0.0.1:${port === 65535 ? 1 : port + 1}` })).toBe(403);
    expect(await ask({ ...welcome, Origin: 'null' })).toBe(403);
  });
}

test('health and metrics need no token, and tell nothing of what was said', async ({ daemon }) => {
  await daemon.command(
    ['emit', '--session', 'quiet', '--payload', '-'],
    JSON.stringify(prompt('quiet', 'a very private prompt')),
  );
  for (const path of ['/healthz', '/metrics']) {
    const response = await fetch(daemon.url + path);
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain('private');
  }
});

test('`since` continues where a subscriber left off, with nothing missing and nothing twice', async ({ daemon }) => {
  const api = await daemon.api();
  const emit = (from: number, to: number) => emitInTurn(daemon, from, to);
  await emit(0, 5);
  const first = await Subscriber.connect(api, undefined, '?since=0');
  await emit(5, 8);
  await expect.poll(() => first.events.length).toBe(8);
  await first.close();

  await emit(8, 12);
  const last = first.events.at(-1)!.seq;
  const connecting = Subscriber.connect(api, 'tailhook.v1.json', `?since=${last}`);
  // Some arrive while the replay runs: where replay and live meet is where one would get lost or come twice.
  await Promise.all([connecting, emit(12, 16)]);
  const second = await connecting;
  await expect.poll(() => second.events.length).toBeGreaterThanOrEqual(8);
  expect([...first.events, ...second.events].map(identity)).toEqual((await api.events()).map(identity));
  await second.close();
});

test('an idle daemon ends at once, and with success, when asked to', async ({ daemon }) => {
  const subscriber = await Subscriber.connect(await daemon.api());
  expect(await daemon.stop()).toBe(0);
  await subscriber.close();
});

function prompt(session_id: string, text: string): object {
  return { session_id, transcript_path: '', cwd: '/', hook_event_name: 'UserPromptSubmit', prompt: text };
}

async function emitInTurn(daemon: Daemon, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++)
    await daemon.command(['emit', '--payload', '-'], JSON.stringify(prompt('since', `number ${n}`)));
}

/** By hand, because `fetch` lets nobody set Host or Origin. */
function status(daemon: Daemon, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(daemon.url + path, { headers });
    const settle = (response: IncomingMessage) => {
      resolve(response.statusCode ?? 0);
      response.socket.destroy();
    };
    sent.on('response', settle).on('upgrade', settle).on('error', reject).end();
  });
}
