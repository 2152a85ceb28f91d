import { expect, it } from 'vitest';
import type { SessionRow } from '../stream/envelope';
import { post, pre, row } from './fixtures';
import { fittingRange, roomLanes } from './room';
import { SessionBook } from './sessions';
import { SpanIndex } from './spans';

const session = (session_id: string, state: string): SessionRow =>
  ({ session_id, state, agent: 'codex', state_since: '', last_at: '', first_seq: 1, last_seq: 1 }) as SessionRow;

function lanes(now: number, rangeMs: number) {
  const book = new SessionBook();
  book.apply([session('s1', 'working'), session('s2', 'ended')]);
  const rows = [
    row({ seq: 1, type: 'hook.user_prompt', at: 0 }),
    pre(2, 'a', { at: 100 }),
    post(3, 'a', { at: 200 }),
    row({ seq: 4, type: 'hook.stop', at: 300 }),
    row({ seq: 5, type: 'hook.user_prompt', at: 1_000 }),
    pre(6, 'b', { at: 1_100 }),
    pre(7, 'c', { at: 1_100, session: 's2' }),
  ];
  const spans = new SpanIndex();
  rows.forEach((each) => spans.add(each));
  const start = rows[0]?.at ?? 0;
  return roomLanes({ sessions: book.ordered(), rows, spans: spans.values(), now: start + now, rangeMs }).map((lane) => ({
    id: lane.session.id,
    turns: lane.turns.map(({ start: from, end }) => [from - start, end === undefined ? undefined : end - start]),
    bars: lane.bars.map(({ span, end }) => [span.id, end - start]),
    marks: lane.marks.map(({ seq }) => seq),
  }));
}

it('has a lane for each live session, with its turns and calls', () => {
  expect(lanes(2_000, 10_000)).toEqual([
    { id: 's1', turns: [[0, 300], [1_000, undefined]], bars: [['a', 200], ['b', 2_000]], marks: [1, 5] },
  ]);
});

it('leaves out what was before', () => {
  expect(lanes(2_000, 1_500)).toEqual([{ id: 's1', turns: [[1_000, undefined]], bars: [['b', 2_000]], marks: [5] }]);
});

it('goes as far back as a desk needs that was just opened, and otherwise ten minutes', () => {
  const now = Date.parse('2026-11-22T10:00:00Z');
  const begun = (id: string, secondsAgo: number, state = 'working') => ({ ...session(id, state), started_at: new Date(now - secondsAgo * 1_000).toISOString() });
  const fitting = (...rows: SessionRow[]): number => {
    const book = new SessionBook();
    book.apply(rows);
    return fittingRange(book.ordered(), now);
  };
  expect(fitting(begun('a', 100), begun('b', 5), begun('c', 9_000, 'ended'))).toBe(120_000);
  expect(fitting(begun('a', 130), begun('b', 5))).toBe(600_000);
});
