import { expect, it } from 'vitest';
import type { SessionRow } from '../stream/envelope';
import { SessionBook, shortIdOf, toSession } from './sessions';

let next = 0;
function session(id: string, given: Partial<SessionRow> = {}): SessionRow {
  const time = `2026-11-22T02:00:${String(next++ % 60).padStart(2, '0')}.000000Z`;
  return {
    session_id: id,
    agent: 'claude-code',
    state: 'working',
    state_since: time,
    started_at: time,
    last_at: time,
    first_seq: next,
    last_seq: next,
    events: 1,
    turns: 0,
    tools: 0,
    failures: 0,
    subagents: 0,
    running_tools: 0,
    ...given,
  };
}

it('puts those that need somebody first, the longest waiting on top', () => {
  const book = new SessionBook();
  book.apply([
    session('ended', { state: 'ended' }),
    session('ended failed', { state: 'ended', failed: true }),
    session('odd', { state: 'someday' as never }),
    session('working'),
    session('compacting', { state: 'compacting' }),
    session('done', { state: 'waiting_user' }),
    session('failed', { state: 'waiting_user', failed: true }),
    session('asks since 30', { state: 'waiting_permission', state_since: '2026-11-22T02:00:30Z' }),
    session('asks since 10', { state: 'waiting_permission', state_since: '2026-11-22T02:00:10Z' }),
  ]);
  expect(book.ordered().map(({ id }) => id)).toEqual([
    'asks since 10', 'asks since 30', 'failed', 'done', 'compacting', 'working', 'odd', 'ended failed', 'ended',
  ]);
});

it('keeps the newest news', () => {
  const book = new SessionBook();
  book.apply([session('a', { last_seq: 9, state: 'ended' })]);
  book.apply([session('a', { last_seq: 4, state: 'working' })]);
  expect(book.get('a')?.look).toBe('ended');
});

it('hands on the same list while nothing changed', () => {
  const book = new SessionBook();
  book.apply([session('a')]);
  expect(book.ordered()).toBe(book.ordered());
});

it('names by project, folder or id, and tells the same names apart', () => {
  expect(toSession(session('0123456789', { project: 'shop' })).name).toBe('shop');
  expect(toSession(session('0123456789', { cwd: '/home/dev/api/' })).name).toBe('api');
  expect(toSession(session('0123456789')).name).toBe('01234567');
  const book = new SessionBook();
  book.apply([session('aaaa1111', { project: 'shop' }), session('bbbb2222', { project: 'shop' })]);
  expect(book.ordered().map(({ tag }) => tag).sort()).toEqual(['shop aaaa', 'shop bbbb']);
});

it('shortens ids so that they differ', () => {
  expect(shortIdOf('ef5c1bd1-9adb-4ea1-8747-c0bd98919058')).toBe('ef5c1bd1');
  expect(shortIdOf('01a20177-1e76-7533-a9d8-09b14e8d796a')).toBe('4e8d796a');
});
