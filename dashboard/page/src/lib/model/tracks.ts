/**
 * The timeline of a session: a lane for the main agent and one for each subagent, calls that overlap in rows of a lane. Places
 * on the axis are worked out once, so that drawing 20,000 spans is a walk over numbers.
 */

import { timePieces, position, type Interval, type Piece } from './scale';
import type { WideSpan } from './span-set';

export interface Track {
  /** Spans by their begin; `from` and `to` are their places on the axis, 0 to 1. */
  spans: WideSpan[];
  from: Float64Array;
  to: Float64Array;
}

export interface TrackLane {
  agentId: string;
  label: string;
  depth: number;
  /** Row of the whole picture, counted from 0. */
  row: number;
  tracks: Track[];
  /** From its begin to its end, for subagents. */
  life: { from: number; to: number } | null;
}

export interface TrackMark {
  at: number;
  seq: number;
  kind: 'prompt' | 'failed' | 'compaction';
  label: string;
}

export interface Tracks {
  lanes: TrackLane[];
  marks: TrackMark[];
  pieces: Piece[];
  rows: number;
  count: number;
}

/** Calls of one lane beside each other; more overlap in its last row. */
const MAX_ROWS = 8;

interface Named {
  agent_id: string;
  parent?: string;
  type: string;
}

export function layTracks(spans: readonly WideSpan[], agents: readonly Named[], now: number): Tracks {
  const calls = spans.filter((span) => (span.kind === 'tool' || span.kind === 'compaction') && !Number.isNaN(span.start)).sort((a, b) => a.start - b.start || a.startSeq - b.startSeq);
  const turns = spans.filter(({ kind, agentId }) => kind === 'turn' && agentId === '');
  const endOf = (span: WideSpan): number => Math.max(span.start, span.end ?? now);
  const pieces = timePieces(busy(calls, turns, endOf));
  const place = placer(pieces);

  const byAgent = new Map<string, WideSpan[]>([['', []]]);
  for (const span of calls) {
    const list = byAgent.get(span.agentId);
    if (list) list.push(span);
    else byAgent.set(span.agentId, [span]);
  }
  const lives = new Map(spans.filter(({ kind }) => kind === 'agent').map((span) => [span.agentId, span]));
  for (const id of lives.keys()) if (!byAgent.has(id)) byAgent.set(id, []);
  const lanes: TrackLane[] = [];
  let row = 0;
  for (const { id, depth, type } of inTree([...byAgent.keys()], agents)) {
    const own = byAgent.get(id) ?? [];
    const tracks = stack(own, endOf, place);
    const life = lives.get(id);
    const label = id === '' ? 'main' : type || own[0]?.agentType || life?.agentType || 'subagent';
    lanes.push({ agentId: id, label, depth, row, tracks, life: life ? { from: place(life.start), to: place(endOf(life)) } : null });
    row += Math.max(1, tracks.length);
  }
  const marks = turns.map((turn): TrackMark => ({ at: place(turn.start), seq: turn.startSeq, kind: 'prompt', label: turn.summary }));
  for (const turn of turns) if (turn.outcome === 'failed') marks.push({ at: place(endOf(turn)), seq: turn.endSeq, kind: 'failed', label: turn.ended });
  return { lanes, marks, pieces, rows: row, count: calls.length };
}

/** Waiting for somebody is no activity: it may take hours, and has its place among the idle stretches. */
function busy(calls: readonly WideSpan[], turns: readonly WideSpan[], endOf: (span: WideSpan) => number): Interval[] {
  const parts: Interval[] = turns.flatMap((turn) => [
    { start: turn.start, end: turn.start },
    { start: endOf(turn), end: endOf(turn) },
  ]);
  for (const span of calls) {
    const end = endOf(span);
    if (span.askedAt === undefined) parts.push({ start: span.start, end });
    else parts.push({ start: span.start, end: Math.min(end, span.askedAt) }, { start: Math.min(end, span.answeredAt ?? end), end });
  }
  return parts;
}

/** Like `position`, for times that come mostly in order. */
function placer(pieces: readonly Piece[]): (at: number) => number {
  let hint = 0;
  return (at) => {
    const piece = pieces[hint];
    if (piece && at >= piece.start && at <= piece.end) return position([piece], at);
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pieces[middle]?.end ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    hint = low;
    return position(pieces.slice(low, low + 1), at);
  };
}

function stack(spans: readonly WideSpan[], endOf: (span: WideSpan) => number, place: (at: number) => number): Track[] {
  const rows: { spans: WideSpan[]; end: number }[] = [];
  for (const span of spans) {
    let row = rows.find(({ end }) => end <= span.start);
    if (!row) {
      if (rows.length < MAX_ROWS) rows.push((row = { spans: [], end: 0 }));
      else row = rows[rows.length - 1] as { spans: WideSpan[]; end: number };
    }
    row.spans.push(span);
    row.end = Math.max(row.end, endOf(span));
  }
  return rows.map(({ spans: own }) => ({
    spans: own,
    from: Float64Array.from(own, (span) => place(span.start)),
    to: Float64Array.from(own, (span) => place(endOf(span))),
  }));
}

/** The main agent, then each subagent under the one that started it. */
function inTree(ids: readonly string[], agents: readonly Named[]): { id: string; depth: number; type: string }[] {
  const known = new Map(agents.map((agent) => [agent.agent_id, agent]));
  const here = new Set(ids);
  const children = new Map<string, string[]>();
  for (const id of ids) {
    if (id === '') continue;
    const parent = known.get(id)?.parent ?? '';
    const under = here.has(parent) && parent !== id ? parent : '';
    children.set(under, [...(children.get(under) ?? []), id]);
  }
  const list: { id: string; depth: number; type: string }[] = [];
  const seen = new Set<string>();
  const visit = (id: string, depth: number): void => {
    if (seen.has(id)) return;
    seen.add(id);
    list.push({ id, depth, type: known.get(id)?.type ?? '' });
    for (const child of children.get(id) ?? []) visit(child, depth + 1);
  };
  visit('', 0);
  // A circle of parents hangs on nothing.
  for (const id of ids) visit(id, 1);
  return list;
}

/** Index of the first span of a track that ends behind this place. Ends do not fall where rows do not overlap. */
export function firstBehind(track: Track, place: number): number {
  let low = 0;
  let high = track.to.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((track.to[middle] ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
