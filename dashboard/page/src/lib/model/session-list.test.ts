import { expect, it } from 'vitest';
import type { SessionRow } from '../stream/envelope';
import { arrange, findSessions } from './session-list';
import { SessionBook } from './sessions';

const row = (session_id: string, state: string, project: string, more: Partial<SessionRow> = {}): SessionRow =>
  ({ session_id, state, project, agent: 'claude-code', state_since: '2026-11-22T02:00:00Z', first_seq: 1, last_seq: 1, ...more }) as SessionRow;

const book = new SessionBook();
book.apply([
  row('a', 'working', 'shop'),
  row('b', 'ended', 'docs', { title: 'Mend the links' }),
  row('c', 'waiting_permission', 'docs', { agent: 'codex', git_branch: 'feat/x' }),
  row('d', 'waiting_user', 'shop', { needs: 'failed' }),
]);
const sessions = book.ordered();
const shape = (by: 'state' | 'project') => arrange(sessions, by).map((entry) => entry.head?.label ?? entry.session?.id);

it('groups by state, those that need somebody first', () => {
  expect(shape('state')).toEqual(['Needs you', 'c', 'd', 'Working', 'a', 'Ended', 'b']);
});

it('groups by project, that of the neediest first', () => {
  expect(shape('project')).toEqual(['docs', 'c', 'b', 'shop', 'd', 'a']);
});

it('places entries without holes', () => {
  let top = 0;
  for (const entry of arrange(sessions, 'state')) {
    expect(entry.top).toBe(top);
    top += entry.height;
  }
});

it.each([
  ['', ['c', 'd', 'a', 'b']],
  ['DOCS', ['c', 'b']],
  ['docs codex', ['c']],
  ['feat/x', ['c']],
  ['mend', ['b']],
  ['nothing', []],
])('finds %s', (text, ids) => {
  expect(findSessions(sessions, text).map(({ id }) => id)).toEqual(ids);
});
