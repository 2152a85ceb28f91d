/** The control room: what each live session did in the last minutes, on one time axis. */

import { parseTime } from './format';
import type { Row } from './row';
import type { Session } from './sessions';
import type { Span } from './spans';

export interface RoomTurn {
  start: number;
  /** Undefined: still going on. */
  end: number | undefined;
}

export interface RoomBar {
  span: Span;
  start: number;
  end: number;
}

export interface RoomLane {
  session: Session;
  turns: RoomTurn[];
  bars: RoomBar[];
  /** Moments: prompts, and turns that failed. */
  marks: { at: number; seq: number; kind: 'prompt' | 'failed' }[];
}

export interface RoomInput {
  sessions: readonly Session[];
  rows: readonly Row[];
  spans: Iterable<Span>;
  now: number;
  rangeMs: number;
}

const PROMPTS = new Set(['hook.user_prompt', 'hook.before_agent']);
const ENDS = new Set(['hook.stop', 'hook.after_agent', 'hook.stop_failure', 'hook.interrupt', 'hook.session_end']);

const YOUNG_MS = 120_000;
const USUAL_MS = 600_000;

/** How far back the picture goes while nobody has chosen: a desk that was just opened fills it. */
export function fittingRange(sessions: readonly Session[], now: number): number {
  const young = ({ rank, row }: Session): boolean => rank === 'ended' || parseTime(row.started_at) > now - YOUNG_MS;
  return sessions.every(young) ? YOUNG_MS : USUAL_MS;
}

/** Lanes in the order of the sessions; those that are over have none. */
export function roomLanes({ sessions, rows, spans, now, rangeMs }: RoomInput): RoomLane[] {
  const from = now - rangeMs;
  const lanes = new Map<string, RoomLane>();
  for (const session of sessions) {
    if (session.rank !== 'ended') lanes.set(session.id, { session, turns: [], bars: [], marks: [] });
  }
  for (const row of rows) {
    if (row.agentId !== '') continue;
    const prompt = PROMPTS.has(row.type);
    if (!prompt && !ENDS.has(row.type)) continue;
    const lane = lanes.get(row.session);
    if (lane) addMoment(lane, row, prompt);
  }
  for (const span of spans) {
    const end = span.end ?? now;
    if (Number.isNaN(span.start) || end < from) continue;
    lanes.get(span.session)?.bars.push({ span, start: span.start, end: Math.max(end, span.start) });
  }
  for (const lane of lanes.values()) {
    lane.turns = lane.turns.filter(({ end }) => end === undefined || end >= from);
    lane.marks = lane.marks.filter(({ at }) => at >= from);
  }
  return [...lanes.values()];
}

function addMoment(lane: RoomLane, row: Row, prompt: boolean): void {
  const open = lane.turns[lane.turns.length - 1];
  if (open && open.end === undefined) open.end = row.at;
  if (prompt) {
    lane.turns.push({ start: row.at, end: undefined });
    lane.marks.push({ at: row.at, seq: row.seq, kind: 'prompt' });
  } else if (row.type === 'hook.stop_failure') {
    lane.marks.push({ at: row.at, seq: row.seq, kind: 'failed' });
  }
}
