import { expect, it } from 'vitest';
import type { SessionRow } from '../stream/envelope';
import { asksForProbes, hidesProbes, isProbe, withoutProbes } from './probes';
import { toSession } from './sessions';

const session = (id: string, agent: string) => toSession({ session_id: id, agent, state: 'working' } as SessionRow);

it('knows its own checks by their agent', () => {
  expect(['tailhook-verify', 'tailhook-doctor', 'tailhook', 'my-tailhook-agent', 'claude-code'].filter(isProbe)).toEqual(['tailhook-verify', 'tailhook-doctor']);
  const work = [session('a', 'claude-code'), session('b', 'codex')];
  expect(withoutProbes([...work, session('c', 'tailhook-doctor')])).toEqual(work);
  expect(withoutProbes(work)).toBe(work);
});

it('shows them to who asks', () => {
  const scope = { session: null, q: '' };
  expect(hidesProbes(scope)).toBe(true);
  expect(hidesProbes({ ...scope, session: 'verify-1' })).toBe(false);
  expect(hidesProbes({ ...scope, q: 'verify' })).toBe(false);
  const asking = ['agent:tailhook-*', 'agent:tailhook-verify failed', '(agent:"tailhook-doctor")', 'failed AGENT:tailhook-*'];
  expect(asking.filter(asksForProbes)).toEqual(asking);
  expect(['tailhook-verify', 'agent:codex', 'my_agent:tailhook-x', ''].some(asksForProbes)).toBe(false);
});
