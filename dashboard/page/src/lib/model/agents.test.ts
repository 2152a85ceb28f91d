import { expect, it } from 'vitest';
import { agentLines, agentOf, agentsOf, chosenAgent, percent, withAgent } from './agents';
import { toSession } from './sessions';

const totals = (agent: string, more: object) => ({ agent, sessions: 1, events: 9, tools: 4, failures: 1, last_at: '2026-11-22T02:00:00Z', ...more });

it('puts agents side by side: shares of their calls that failed, durations on one scale', () => {
  const lines = agentLines([totals('codex', { p50_ms: 50, p95_ms: 400 }), totals('claude-code', { p50_ms: 100, p95_ms: 200 }), totals('new', { tools: 0, failures: 0 })]);
  expect(lines.map(({ agent, failed, reach50, reach95 }) => [agent, failed, reach50, reach95])).toEqual([
    ['codex', 0.25, 0.125, 1],
    ['claude-code', 0.25, 0.25, 0.5],
    ['new', undefined, 0, 0],
  ]);
  expect(lines[2]).toMatchObject({ p50: undefined, p95: undefined });
});

it.each([
  [0, '0 %'],
  [0.0001, '0.1 %'],
  [0.075, '7.5 %'],
  [0.5, '50 %'],
  [0.9999, '99.9 %'],
  [1, '100 %'],
])('%s is %s', (share, text) => expect(percent(share)).toBe(text));

it('knows the agents of sessions, those with the most first', () => {
  const session = (session_id: string, agent: string) =>
    toSession({ session_id, agent, state: 'working', state_since: '', started_at: '', last_at: '' } as Parameters<typeof toSession>[0]);
  expect(agentsOf([session('a', 'codex'), session('b', 'droid'), session('c', 'droid'), session('d', '')])).toEqual(['droid', 'codex']);
});

it.each([
  ['agent:codex', 'codex'],
  ['failed agent:codex AND npm', 'codex'],
  ['agent:"my own" "a OR (b"', 'my own'],
  ['', null],
  ['codex', null],
  ['agent:', null],
  ['agent:co*', null],
  ['NOT agent:codex', null],
  ['agent:codex OR failed', null],
  ['agent:codex agent:droid', null],
  ['(agent:codex)', null],
  ['subagent:codex', null],
])('%s is about %s', (q, agent) => expect(agentOf(q)).toBe(agent));

it('takes an agent that is known, whatever its case', () => {
  expect(chosenAgent('agent:Codex', ['claude-code', 'codex'])).toBe('codex');
  expect(chosenAgent('agent:co', ['claude-code', 'codex'])).toBeNull();
});

it.each([
  ['', 'codex', 'agent:codex'],
  ['failed', 'codex', 'agent:codex failed'],
  ['agent:droid failed', 'codex', 'agent:codex failed'],
  ['agent:droid AND failed', 'codex', 'agent:codex failed'],
  ['failed AND agent:droid AND npm', null, 'failed AND npm'],
  ['a OR b', 'codex', 'agent:codex (a OR b)'],
  ['agent:codex', null, ''],
  ['', 'my (own)', 'agent:"my (own)"'],
])('%s with %s is %s', (q, agent, expected) => expect(withAgent(q, agent)).toBe(expected));
