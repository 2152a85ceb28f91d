import { expect, it } from 'vitest';
import { post, pre, row } from './fixtures';
import type { Row } from './row';
import { SpanIndex } from './spans';

function outcomes(given: Row[]): Record<string, string> {
  const spans = new SpanIndex();
  given.forEach((each) => spans.add(each));
  return Object.fromEntries([...spans.values()].map((span) => [span.id, span.outcome]));
}

it('pairs start and end in either order', () => {
  const given = [pre(1, 'a'), post(2, 'a'), pre(3, 'b'), post(4, 'b', { failed: true }), pre(5, 'c')];
  const expected = { a: 'ok', b: 'failed', c: 'running' };
  expect(outcomes(given)).toEqual(expected);
  expect(outcomes(given.reverse())).toEqual(expected);
});

it('knows the beginning of a call whose start is not loaded from its duration', () => {
  const spans = new SpanIndex();
  spans.add(post(9, 'a', { at: 1_000, duration_ms: 400 }));
  const [span] = spans.values();
  expect((span?.end ?? 0) - (span?.start ?? 0)).toBe(400);
});

it('ends a call that never got an end where its turn ended', () => {
  const given = [pre(1, 'a'), row({ seq: 2, type: 'hook.user_prompt' }), pre(3, 'b')];
  const expected = { a: 'lost', b: 'running' };
  expect(outcomes(given)).toEqual(expected);
  expect(outcomes(given.reverse())).toEqual(expected);
});

it("leaves a subagent's calls open when the main agent stops, and ends all with the session", () => {
  const sub = pre(1, 'a', { agent_id: 'x' });
  expect(outcomes([sub, row({ seq: 2, type: 'hook.stop' })])).toEqual({ a: 'running' });
  expect(outcomes([sub, row({ seq: 2, type: 'hook.session_end' })])).toEqual({ a: 'lost' });
  expect(outcomes([sub, row({ seq: 2, type: 'hook.session_end', session: 'other' })])).toEqual({ a: 'running' });
});

it('gives a permission request to the newest open call of that tool', () => {
  const ask = row({ seq: 3, type: 'hook.permission_request', tool_name: 'Bash' });
  expect(outcomes([pre(1, 'a'), pre(2, 'b'), ask])).toEqual({ a: 'running', b: 'waiting' });
  expect(outcomes([pre(1, 'a'), pre(2, 'b'), ask, post(4, 'b')])).toEqual({ a: 'running', b: 'ok' });
});
