/** The list of sessions as it is drawn: groups with their heads, and where each entry stands. */

import { RANK_LABELS, type Rank, type Session } from './sessions';

export type Grouping = 'state' | 'project';

export interface Head {
  key: string;
  label: string;
  rank: Rank | null;
  size: number;
}

export type Entry = { top: number; height: number; key: string } & ({ head: Head; session?: never } | { head?: never; session: Session });

export const HEAD_PX = 28;
export const ITEM_PX = 84;
/** Nobody waits for an ended session: two lines do. */
export const ENDED_PX = 48;

/** Every word must be somewhere: in the name, the title, the branch, the agent, the model or the id. */
export function findSessions(sessions: readonly Session[], text: string): Session[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...sessions];
  return sessions.filter(({ id, name, title, branch, stateWord, row }) => {
    const all = [id, name, title, branch, stateWord, row.agent, row.model, row.cwd].join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** `sessions` in their order, those that need somebody first; a project stands where its first session does. */
export function arrange(sessions: readonly Session[], by: Grouping): Entry[] {
  const groups = new Map<string, { head: Head; sessions: Session[] }>();
  for (const session of sessions) {
    const key = by === 'state' ? session.rank : session.name;
    let group = groups.get(key);
    if (!group) {
      const head = by === 'state' ? { key, label: RANK_LABELS[session.rank], rank: session.rank, size: 0 } : { key, label: session.name, rank: null, size: 0 };
      groups.set(key, (group = { head, sessions: [] }));
    }
    group.sessions.push(session);
    group.head.size += 1;
  }
  const entries: Entry[] = [];
  let top = 0;
  for (const { head, sessions: members } of groups.values()) {
    entries.push({ top, height: HEAD_PX, key: `head ${head.key}`, head });
    top += HEAD_PX;
    for (const session of members) {
      const height = session.rank === 'ended' ? ENDED_PX : ITEM_PX;
      entries.push({ top, height, key: session.id, session });
      top += height;
    }
  }
  return entries;
}
