import type { Session } from './sessions';

/** Sessions that need somebody since the last look; none at the first one. */
export function newlyInNeed(before: ReadonlyMap<string, string> | null, sessions: readonly Session[]): { news: Session[]; now: Map<string, string> } {
  const now = new Map<string, string>();
  const news: Session[] = [];
  for (const session of sessions) {
    if (session.rank !== 'attention' && session.rank !== 'turn') continue;
    const why = `${session.look} ${session.since}`;
    now.set(session.id, why);
    if (before && before.get(session.id) !== why) news.push(session);
  }
  return { news, now };
}
