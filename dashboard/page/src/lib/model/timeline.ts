/** Where each call stands in the waterfall: lanes by agent or session, calls that overlap in rows of a lane. */

import type { Row } from './row';
import { timePieces, type Interval, type Piece } from './scale';
import type { Span } from './spans';

export interface Bar {
  span: Span;
  start: number;
  end: number;
  /** Row of the whole picture, counted from 0. */
  row: number;
}

export interface Lane {
  key: string;
  label: string;
  row: number;
  rows: number;
}

export interface Mark {
  at: number;
  session: string;
  seq: number;
  kind: 'prompt' | 'done' | 'failed';
}

export interface Waterfall {
  lanes: Lane[];
  bars: Bar[];
  /** Across all lanes where there is one session, otherwise in the lane of theirs. */
  marks: Mark[];
  bySession: boolean;
  pieces: Piece[];
  rows: number;
}

export interface WaterfallInput {
  spans: Iterable<Span>;
  rows: readonly Row[];
  now: number;
  /** Lanes by session, named by this; otherwise by agent of the one session. */
  nameSession: ((id: string) => string) | null;
  range: Interval | null;
}

/** More is no longer a picture; the newest are shown, the list has the rest. */
export const MAX_BARS = 2_000;
/** Calls of one lane beside each other; more overlap in its last row. */
const MAX_LANE_ROWS = 6;

const MARKS: Record<string, Mark['kind']> = {
  'hook.user_prompt': 'prompt',
  'hook.before_agent': 'prompt',
  'hook.stop': 'done',
  'hook.after_agent': 'done',
  'hook.stop_failure': 'failed',
};

export function layOut({ spans, rows, now, nameSession, range }: WaterfallInput): Waterfall {
  const bars: Bar[] = [];
  for (const span of spans) {
    if (Number.isNaN(span.start)) continue;
    const bar = { span, start: span.start, end: Math.max(span.start, span.end ?? now), row: 0 };
    if (!range || (bar.end >= range.start && bar.start <= range.end)) bars.push(bar);
  }
  bars.sort((a, b) => a.start - b.start || a.span.startSeq - b.span.startSeq);
  bars.splice(0, bars.length - MAX_BARS);
  const earliest = bars[0]?.start ?? Number.NEGATIVE_INFINITY;
  const marks: Mark[] = [];
  for (const row of rows) {
    const kind = MARKS[row.type];
    if (!kind || row.agentId !== '' || Number.isNaN(row.at)) continue;
    if (range ? row.at >= range.start && row.at <= range.end : bars.length < MAX_BARS || row.at >= earliest) {
      marks.push({ at: row.at, session: row.session, seq: row.seq, kind });
    }
  }
  const lanes = stack(bars, nameSession);
  const last = lanes[lanes.length - 1];
  return {
    lanes,
    bars,
    marks,
    bySession: nameSession !== null,
    pieces: timePieces(busyTimes(bars, marks, range)),
    rows: last ? last.row + last.rows : 0,
  };
}

/** Waiting for somebody is no activity: it may take hours, and has its place among the idle stretches. */
function busyTimes(bars: readonly Bar[], marks: readonly Mark[], range: Interval | null): Interval[] {
  const busy = bars.flatMap(({ span, start, end }) =>
    span.askedAt === undefined ? [{ start, end }] : [{ start, end: Math.min(end, span.askedAt) }, { start: end, end }],
  );
  if (!range) return [...busy, ...marks.map(({ at }) => ({ start: at, end: at }))];
  const cut = busy.map((part) => ({ start: Math.max(part.start, range.start), end: Math.min(part.end, range.end) }));
  // Both ends of what was chosen stay in the picture.
  return [...cut, { start: range.start, end: range.start }, { start: range.end, end: range.end }];
}

/** Gives each bar the first free row of its lane. Bars are in order of their start. */
function stack(bars: readonly Bar[], nameSession: ((id: string) => string) | null): Lane[] {
  const lanes = new Map<string, { label: string; first: number; ends: number[]; bars: { bar: Bar; row: number }[] }>();
  for (const bar of bars) {
    const { span } = bar;
    const key = nameSession ? span.session : span.agentId;
    let lane = lanes.get(key);
    if (!lane) {
      const label = nameSession ? nameSession(span.session) : span.agentId ? span.agentType || 'subagent' : 'main';
      lanes.set(key, (lane = { label, first: 0, ends: [], bars: [] }));
    }
    lane.first = nameSession ? -bar.end : key === '' ? -1 : lane.first;
    let row = lane.ends.findIndex((end) => end <= bar.start);
    if (row < 0) row = Math.min(lane.ends.length, MAX_LANE_ROWS - 1);
    lane.ends[row] = Math.max(bar.end, lane.ends[row] ?? 0);
    lane.bars.push({ bar, row });
  }
  const placed: Lane[] = [];
  let next = 0;
  // On top: the session that was active last; of one session the main agent, then subagents as they came.
  const ordered = [...lanes].sort(([, a], [, b]) => a.first - b.first);
  for (const [key, lane] of ordered) {
    for (const { bar, row } of lane.bars) bar.row = next + row;
    placed.push({ key, label: lane.label, row: next, rows: lane.ends.length });
    next += lane.ends.length;
  }
  return placed;
}
