import { expect, it } from 'vitest';
import type { SessionRow } from '../stream/envelope';
import { newlyInNeed } from './need';
import { toSession } from './sessions';

const session = (session_id: string, state: string, second: number) =>
  toSession({ session_id, state, agent: 'codex', state_since: `2026-11-22T02:00:0${second}Z`, first_seq: 1, last_seq: 1 } as SessionRow);
const ids = (list: { id: string }[]) => list.map(({ id }) => id);

it('tells what began to need somebody, once', () => {
  const first = newlyInNeed(null, [session('a', 'waiting_permission', 1)]);
  expect(first.news).toEqual([]);
  const second = newlyInNeed(first.now, [session('a', 'waiting_permission', 1), session('b', 'waiting_user', 2), session('c', 'working', 2)]);
  expect(ids(second.news)).toEqual(['b']);
  expect(newlyInNeed(second.now, [session('b', 'waiting_user', 2)]).news).toEqual([]);
});

it('tells again when it needs somebody again', () => {
  const before = newlyInNeed(null, [session('a', 'waiting_permission', 1)]).now;
  const working = newlyInNeed(before, [session('a', 'working', 2)]).now;
  expect(ids(newlyInNeed(working, [session('a', 'waiting_permission', 3)]).news)).toEqual(['a']);
});
