/** Sessions, those that need somebody first. */

import type { SessionRow } from '../stream/envelope';
import { parseTime } from './format';
import { visibleLine } from './text';

/** How a session is shown: its state, with a failure taking the place of a finished turn. */
export type Look =
  | 'waiting_permission'
  | 'failed'
  | 'waiting_user'
  | 'working'
  | 'starting'
  | 'compacting'
  | 'unknown'
  | 'ended';

export type Rank = 'attention' | 'turn' | 'working' | 'unknown' | 'ended';

export interface Session {
  id: string;
  row: SessionRow;
  look: Look;
  rank: Rank;
  name: string;
  /** The name, with the start of the id where another session has the same name. */
  tag: string;
  branch: string;
  title: string;
  shortId: string;
  stateWord: string;
  detail: string;
  since: number;
  lastAt: number;
}

export const RANK_LABELS: Record<Rank, string> = {
  attention: 'Needs you',
  turn: 'Your turn',
  working: 'Working',
  unknown: 'Unclear',
  ended: 'Ended',
};

const RANKS: readonly Rank[] = ['attention', 'turn', 'working', 'unknown', 'ended'];

const WORDS: Record<Look, string> = {
  waiting_permission: 'Permission',
  failed: 'Failed',
  waiting_user: 'Turn done',
  working: 'Working',
  starting: 'Starting',
  compacting: 'Compacting',
  unknown: 'Unclear',
  ended: 'Ended',
};

const LOOK_RANK: Record<Look, Rank> = {
  waiting_permission: 'attention',
  failed: 'attention',
  waiting_user: 'turn',
  working: 'working',
  starting: 'working',
  compacting: 'working',
  unknown: 'unknown',
  ended: 'ended',
};

export function toSession(row: SessionRow): Session {
  const look = lookOf(row);
  const id = row.session_id;
  const shortId = shortIdOf(id);
  const failure = typeof row.failed === 'string' ? row.failed : '';
  const told = row.end_reason === 'process_gone' ? 'its process is gone' : row.state_detail;
  const detail = row.state === 'working' ? (row.current ?? told) : (told ?? row.waiting_for ?? row.current);
  const name = row.project || baseName(row.cwd ?? '') || shortId || 'no session';
  return {
    id,
    row,
    look,
    rank: LOOK_RANK[look],
    name: visibleLine(name, 80),
    tag: visibleLine(name, 80),
    branch: visibleLine(row.git_branch ?? '', 60),
    title: visibleLine(row.title || '', 120) || shortId,
    shortId,
    stateWord: WORDS[look],
    detail: visibleLine(failure || detail || '', 160),
    since: parseTime(row.state_since),
    lastAt: parseTime(row.last_at),
  };
}

/** Ids that begin with a time (UUID version 7) are alike at the start: there the end tells them apart. */
export function shortIdOf(id: string): string {
  const timed = /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id);
  return visibleLine(timed ? id.slice(-8) : id.slice(0, 8), 24);
}

function lookOf(row: SessionRow): Look {
  const known = Object.hasOwn(WORDS, row.state) ? (row.state as Look) : 'unknown';
  if (row.needs === 'failed' && known !== 'ended') return 'failed';
  // An ended session that failed needs nobody any more, and one that works again has gone past its failure.
  return row.failed && (known === 'waiting_user' || known === 'unknown') ? 'failed' : known;
}

export function baseName(path: string): string {
  return /([^/\\]+)[/\\]*$/.exec(path)?.[1] ?? '';
}

/** Whoever waits longest comes first; working ones keep their place; ended ones newest first. */
function compare(a: Session, b: Session): number {
  const rank = RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank);
  if (rank !== 0) return rank;
  // A question can be answered at once, a failure has to be looked into.
  if (a.look !== b.look && a.rank === 'attention') return a.look === 'waiting_permission' ? -1 : 1;
  const order =
    a.rank === 'attention' || a.rank === 'turn'
      ? a.since - b.since
      : a.rank === 'working'
        ? b.row.first_seq - a.row.first_seq
        : b.lastAt - a.lastAt;
  return order || b.row.first_seq - a.row.first_seq || (a.id < b.id ? -1 : 1);
}

export class SessionBook {
  readonly #sessions = new Map<string, Session>();
  #order: Session[] | null = [];
  #turned = false;

  /** Newer news of a session wins, whichever way it came. */
  apply(rows: readonly SessionRow[]): void {
    for (const row of rows) {
      const known = this.#sessions.get(row.session_id);
      if (known && known.row.last_seq > row.last_seq) continue;
      const session = toSession(row);
      this.#sessions.set(row.session_id, session);
      this.#turned ||= known?.look !== session.look;
      this.#order = null;
    }
  }

  clear(): void {
    this.#sessions.clear();
    this.#order = [];
    this.#turned = true;
  }

  /** Whether more than counts changed since this was asked last: a session is new, or in another state. */
  takeTurned(): boolean {
    const turned = this.#turned;
    this.#turned = false;
    return turned;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** The same array as long as nothing changed. */
  ordered(): Session[] {
    this.#order ??= tagged([...this.#sessions.values()].sort(compare));
    return this.#order;
  }
}

function tagged(sessions: Session[]): Session[] {
  const names = new Map<string, number>();
  for (const { name } of sessions) names.set(name, (names.get(name) ?? 0) + 1);
  for (const session of sessions) {
    session.tag = (names.get(session.name) ?? 0) > 1 ? `${session.name} ${session.shortId.slice(0, 4)}` : session.name;
  }
  return sessions;
}
