/**
 * `tailhook verify` and `doctor` send events as agents of their own, whose names begin with `tailhook-`. They are nobody's
 * work: the page shows them to who asks for them, by name or by the address of such a session.
 */

import type { Session } from './sessions';

export const isProbe = (agent: string): boolean => agent.startsWith('tailhook-');

/** A search has decided itself what it finds; without one only that session's own events can be a probe's. */
export const hidesProbes = (scope: { session: string | null; q: string }): boolean => scope.session === null && scope.q === '';

const ASKED = /(?<![^\s(])agent:"?tailhook-/i;

export const asksForProbes = (q: string): boolean => ASKED.test(q);

/** The same list where there is none among them. */
export function withoutProbes(sessions: readonly Session[]): readonly Session[] {
  return sessions.some(({ row }) => isProbe(row.agent)) ? sessions.filter(({ row }) => !isProbe(row.agent)) : sessions;
}
