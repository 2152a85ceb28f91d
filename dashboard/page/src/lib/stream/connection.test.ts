import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoffDelay } from './backoff';
import { Connection, type Socket } from './connection';

class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  closed = false;
  constructor(readonly since: number) {}
  close(): void {
    this.closed = true;
  }
  say(...items: object[]): void {
    this.onmessage?.({ data: JSON.stringify(items) });
  }
  open(): void {
    this.onopen?.(undefined as never);
  }
  break(): void {
    this.onclose?.(undefined as never);
  }
}

const event = (seq: number): object => ({ type: 'hook.stop', seq });
let sockets: FakeSocket[];
let log: string[];
let connection: Connection;
const last = (): FakeSocket => sockets[sockets.length - 1] as FakeSocket;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  log = [];
  connection = new Connection({
    open: (since) => {
      sockets.push(new FakeSocket(since));
      return last();
    },
    onEvents: (events) => log.push(`events ${events.map(({ seq }) => seq).join(' ')}`),
    onSessions: () => log.push('sessions'),
    onGap: (from, to) => log.push(`gap ${from} ${to}`),
    onHello: (seq, since) => log.push(`hello ${seq} since ${since}`),
    onState: (state) => log.push(state),
    onRefused: () => log.push('refused'),
    random: () => 1,
  });
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

describe('connection', () => {
  it('continues behind the last event and hands on each once', () => {
    connection.start(5);
    last().open();
    last().say({ type: 'system.hello', data: { seq: 7 } }, event(6), event(7));
    last().break();
    vi.advanceTimersByTime(250);
    expect(last().since).toBe(7);
    last().open();
    last().say(event(7), event(8));
    expect(log).toEqual(['live', 'hello 7 since 5', 'events 6 7', 'reconnecting', 'live', 'events 8']);
  });

  it('tells of a gap and does not ask for it again', () => {
    connection.start(1);
    last().open();
    last().say(event(2), { type: 'system.gap', data: { from: 3, to: 9 } }, event(10));
    expect(log).toEqual(['live', 'events 2 10', 'gap 3 9']);
    expect(connection.lastSeq).toBe(10);
  });

  it('waits longer from attempt to attempt, and then says that nobody is there', () => {
    connection.start(0);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt++) {
      const before = sockets.length;
      last().break();
      let waited = 0;
      while (sockets.length === before) vi.advanceTimersByTime(50), (waited += 50);
      waits.push(waited);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(log.filter((entry) => entry !== 'refused')).toEqual(['offline']);
  });

  it('does not wait when nudged, and leaves a good connection alone', () => {
    connection.start(0);
    last().break();
    connection.nudge();
    expect(sockets).toHaveLength(2);
    connection.nudge();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(5_000);
    expect(sockets).toHaveLength(2);
  });

  it('gives up on a socket that is silent for too long', () => {
    connection.start(0);
    last().open();
    vi.advanceTimersByTime(60_000);
    last().say({ type: 'system.heartbeat', data: {} });
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(16_000);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.closed).toBe(true);
  });

  it('does nothing more once stopped', () => {
    connection.start(0);
    last().break();
    connection.stop();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
  });
});

it('keeps the wait between its bounds', () => {
  for (let attempt = 0; attempt < 50; attempt++) {
    for (const random of [0, 0.5, 0.999]) {
      const delay = backoffDelay(attempt, () => random);
      expect(delay).toBeGreaterThanOrEqual(250);
      expect(delay).toBeLessThanOrEqual(5_000);
    }
  }
});
