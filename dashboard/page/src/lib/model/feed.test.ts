import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError, type EventsQuery, type Page } from '../stream/api';
import { Connection, type Socket } from '../stream/connection';
import type { Envelope } from '../stream/envelope';
import { Feed } from './feed';
import { envelope, seqs } from './fixtures';
import { toRow } from './row';

/** A daemon with a store: pages like the real one, searches summaries, and says live what is said to be live. */
class FakeDaemon {
  store: Envelope[] = [];
  sockets: (Socket & { since: number })[] = [];
  asked: EventsQuery[] = [];
  failing: ApiError | null = null;

  fill(to: number, session = (seq: number) => `s${(seq % 2) + 1}`): void {
    for (let seq = this.store.length + 1; seq <= to; seq++) this.store.push(envelope({ seq, session: session(seq), summary: `event-${seq}` }));
  }

  live(to: number): void {
    const from = this.store.length;
    this.fill(to);
    this.say(this.store.slice(from));
  }

  say(items: object[]): void {
    this.sockets[this.sockets.length - 1]?.onmessage?.({ data: JSON.stringify(items) });
  }

  read = async (query: EventsQuery): Promise<Page> => {
    this.asked.push(query);
    if (this.failing) throw this.failing;
    const { session, q, since, before, limit = 100 } = query;
    const found = this.store.filter(
      (each) =>
        (!session || each.session_id === session) &&
        (!q || each.data.summary?.includes(q)) &&
        (since === undefined || each.seq > since) &&
        (before === undefined || each.seq < before),
    );
    const events = since !== undefined ? found.slice(0, limit) : found.slice(-limit);
    const next = found.length <= limit ? null : (since !== undefined ? events[events.length - 1] : events[0])?.seq;
    return { events, next: next ?? null, seq: this.store.length };
  };

  open = (since: number): Socket => {
    const socket = { since, onopen: null, onmessage: null, onclose: null, close: () => undefined };
    this.sockets.push(socket);
    return socket;
  };
}

let daemon: FakeDaemon;
let feed: Feed;
const all = { session: null, q: '' };

beforeEach(() => {
  vi.useFakeTimers();
  daemon = new FakeDaemon();
  feed = new Feed({
    readEvents: (query) => daemon.read(query),
    readSessions: async () => {
      await Promise.resolve();
      if (daemon.failing) throw daemon.failing;
      return { sessions: [], seq: daemon.store.length };
    },
    connect: ({ onLot, ...events }) =>
      new Connection({
        ...events,
        open: daemon.open,
        onEvents: (given) => onLot({ rows: given.map(toRow), sessions: [] }),
        onSessions: (sessions) => onLot({ rows: [], sessions }),
        random: () => 1,
      }),
    changed: () => undefined,
    onConnection: () => undefined,
    random: () => 1,
  });
});

afterEach(() => {
  feed.stop();
  vi.useRealTimers();
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

it('loads the newest and goes on live from there', async () => {
  daemon.fill(300);
  await feed.start(all, null);
  expect(daemon.sockets[0]?.since).toBe(300);
  daemon.live(303);
  expect(seqs(feed.window.rows)).toEqual(range(101, 303));
  await feed.loadOlder();
  expect(seqs(feed.window.rows)).toEqual(range(1, 303));
  expect(feed.window.older).toBeNull();
});

it('loses and doubles nothing when events come during the first page', async () => {
  daemon.fill(10);
  const started = feed.start(all, null);
  await Promise.resolve();
  await Promise.resolve();
  daemon.live(12);
  await started;
  daemon.say(daemon.store.slice(10));
  expect(seqs(feed.window.rows)).toEqual(range(1, 12));
});

it('shows one session only, and all again', async () => {
  daemon.fill(20);
  await feed.start({ session: 's1', q: '' }, null);
  daemon.live(24);
  expect(feed.window.rows.every(({ session }) => session === 's1')).toBe(true);
  expect(feed.window.rows).toHaveLength(12);
  await feed.show(all, null);
  daemon.live(26);
  expect(seqs(feed.window.rows)).toEqual(range(1, 26));
});

it('fills a gap', async () => {
  daemon.fill(5);
  await feed.start(all, null);
  daemon.fill(900);
  daemon.say([{ type: 'system.gap', data: { from: 6, to: 900 } }]);
  daemon.live(901);
  await vi.advanceTimersByTimeAsync(100);
  expect(seqs(feed.window.rows)).toEqual(range(1, 901));
});

it('tries again until a gap is filled', async () => {
  daemon.fill(5);
  await feed.start(all, null);
  daemon.fill(8);
  daemon.failing = new ApiError(503, 'busy', '');
  daemon.say([{ type: 'system.gap', data: { from: 6, to: 8 } }]);
  await vi.advanceTimersByTimeAsync(1_000);
  daemon.failing = null;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(seqs(feed.window.rows)).toEqual(range(1, 8));
});

it('goes to an event far back and from there to either side', async () => {
  daemon.fill(2_000);
  await feed.start(all, 700);
  expect(seqs(feed.window.rows)).toEqual(range(501, 900));
  daemon.live(2_001);
  expect(feed.window.lastSeq).toBe(900);
  await feed.loadNewer();
  expect(feed.window.lastSeq).toBe(1_400);
  await feed.loadNewer();
  await feed.loadNewer();
  expect(feed.window.attached).toBe(true);
  expect(seqs(feed.window.rows)).toEqual(range(501, 2_001));
});

it('finds what only the daemon can find, also in live events', async () => {
  daemon.fill(50);
  await feed.start(all, null);
  await feed.show({ session: null, q: 'event-4' }, null);
  expect(seqs(feed.window.rows.filter(feed.matches))).toEqual([4, ...range(40, 49)]);
  daemon.store.push(envelope({ seq: 51, summary: 'plain' }));
  const { read } = daemon;
  daemon.read = async (query) => (query.since === undefined ? read(query) : { events: daemon.store.slice(50), next: null, seq: 51 });
  daemon.say(daemon.store.slice(50));
  expect(feed.window.lastSeq).toBe(49);
  await vi.advanceTimersByTimeAsync(1_100);
  expect(feed.window.lastSeq).toBe(51);
});

it('says why the daemon does not take an expression, and shows everything meanwhile', async () => {
  daemon.fill(30);
  await feed.start(all, null);
  const { read } = daemon;
  daemon.read = async (query) => {
    if (query.q) throw new ApiError(400, 'could not read the filter', 'tool:Bash');
    return read(query);
  };
  await feed.show({ session: null, q: 'tool:' }, null);
  expect(feed.searchNote).toBe('could not read the filter: tool:Bash');
  daemon.live(31);
  expect(seqs(feed.window.rows.filter(feed.matches))).toEqual(range(1, 31));
});

it('starts anew with another store, and when too much was missed', async () => {
  daemon.fill(100);
  await feed.start(all, null);
  daemon.store = [];
  daemon.fill(3);
  daemon.say([{ type: 'system.hello', data: { seq: 3 } }]);
  await vi.advanceTimersByTimeAsync(10);
  expect(seqs(feed.window.rows)).toEqual([1, 2, 3]);
  daemon.fill(30_000);
  daemon.say([{ type: 'system.hello', data: { seq: 30_000 } }]);
  await vi.advanceTimersByTimeAsync(10);
  expect(seqs(feed.window.rows)).toEqual(range(29_801, 30_000));
});

it('says when the login is missing, and does not go on asking', async () => {
  daemon.failing = new ApiError(401, 'no token', 'tailhook open');
  await feed.start(all, null);
  expect(feed.phase).toBe('signed_out');
  const asked = daemon.asked.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(daemon.asked.length).toBe(asked);
});

it('keeps trying while the daemon is away', async () => {
  daemon.fill(3);
  daemon.failing = new ApiError(502, 'away', '');
  await feed.start(all, null);
  await vi.advanceTimersByTimeAsync(2_000);
  daemon.failing = null;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(feed.phase).toBe('ready');
  expect(seqs(feed.window.rows)).toEqual([1, 2, 3]);
});

it('does not hammer a daemon that refuses a page', async () => {
  daemon.fill(1_000);
  await feed.start(all, null);
  const asked = daemon.asked.length;
  daemon.failing = new ApiError(502, 'away', '');
  const again = setInterval(() => void feed.loadOlder(), 5);
  await vi.advanceTimersByTimeAsync(5_000);
  clearInterval(again);
  expect(daemon.asked.length - asked).toBeLessThan(8);
  daemon.failing = null;
  await vi.advanceTimersByTimeAsync(1_000);
  await feed.loadOlder();
  expect(seqs(feed.window.rows)).toEqual(range(301, 1_000));
});

it('leaves out tailhook’s own checks, live and stored, until they are asked for', async () => {
  daemon.fill(6, (seq) => `s${seq}`);
  for (const seq of [2, 5]) (daemon.store[seq - 1] as Envelope).agent = 'tailhook-verify';
  await feed.start(all, null);
  daemon.say([{ ...envelope({ seq: 7, session: 's7' }), agent: 'tailhook-doctor' }, envelope({ seq: 8, session: 's8' })]);
  expect(seqs(feed.window.rows)).toEqual([1, 3, 4, 6, 8]);
  await feed.show({ session: null, q: 'event-5' }, null);
  expect(seqs(feed.window.rows.filter(feed.matches))).toEqual([5]);
  await feed.show({ session: 's2', q: '' }, null);
  expect(seqs(feed.window.rows)).toEqual([2]);
});

it('starts the stream where the older of the first answers ends', async () => {
  daemon.fill(10);
  const { read } = daemon;
  daemon.read = async (query) => {
    const answer = await read(query);
    // The sessions are read a moment later than the events.
    daemon.fill(12);
    return answer;
  };
  await feed.start(all, null);
  expect(daemon.sockets[0]?.since).toBe(10);
  daemon.say(daemon.store.slice(10));
  expect(seqs(feed.window.rows)).toEqual(range(1, 12));
});

it('goes where somebody went while the first answers were on their way', async () => {
  daemon.fill(20);
  const started = feed.start(all, null);
  await feed.show({ session: 's1', q: '' }, null);
  await started;
  expect(daemon.sockets).toHaveLength(1);
  expect(seqs(feed.window.rows)).toEqual(range(1, 20).filter((seq) => seq % 2 === 0));
});

it('keeps the session that was chosen while the daemon is away', async () => {
  daemon.fill(4);
  daemon.failing = new ApiError(502, 'away', '');
  await feed.start({ session: 's1', q: '' }, null);
  daemon.failing = null;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(seqs(feed.window.rows)).toEqual([2, 4]);
});
