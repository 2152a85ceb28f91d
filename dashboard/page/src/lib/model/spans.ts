/**
 * Tool calls with a beginning and an end, paired from events by `tool_use_id`. Rows come in any order: live ones forwards,
 * older pages backwards, and hooks of parallel calls overtake each other.
 */

import { CLOSERS } from './kinds';
import type { Row } from './row';

/** `lost`: the turn went on or ended, and no end was ever sent (Esc, a rejected call). */
export type Outcome = 'running' | 'waiting' | 'ok' | 'failed' | 'denied' | 'lost';

export interface Span {
  id: string;
  session: string;
  agentId: string;
  agentType: string;
  tool: string;
  label: string;
  summary: string;
  /** Milliseconds since the epoch; NaN while only the end is known and it had no duration. */
  start: number;
  end: number | undefined;
  startSeq: number;
  endSeq: number;
  /** When it asked for permission. */
  askedAt: number | undefined;
  durationMs: number | undefined;
  outcome: Outcome;
}

interface Closer {
  seq: number;
  at: number;
}

export class SpanIndex {
  readonly #spans = new Map<string, Span>();
  readonly #closers = new Map<string, Closer[]>();
  readonly #open = new Map<string, Set<Span>>();

  values(): IterableIterator<Span> {
    return this.#spans.values();
  }

  get size(): number {
    return this.#spans.size;
  }

  add(row: Row): void {
    if (row.type === 'hook.permission_request') this.#ask(row);
    if (CLOSERS.has(row.type)) this.#close(row);
    if (!row.toolUseId || !row.kind.phase || row.kind.phase === 'batch') return;
    const span = this.#spans.get(row.toolUseId) ?? this.#create(row);
    row.span = span;
    if (row.kind.phase === 'start') this.#begin(span, row);
    else this.#finish(span, row);
  }

  #create(row: Row): Span {
    const span: Span = {
      id: row.toolUseId,
      session: row.session,
      agentId: row.agentId,
      agentType: row.agentType,
      tool: row.tool,
      label: row.label,
      summary: row.summary,
      start: Number.NaN,
      end: undefined,
      startSeq: 0,
      endSeq: 0,
      askedAt: undefined,
      durationMs: undefined,
      outcome: 'running',
    };
    this.#spans.set(span.id, span);
    return span;
  }

  #begin(span: Span, row: Row): void {
    span.start = row.at;
    span.startSeq = row.seq;
    if (row.summary) span.summary = row.summary;
    if (span.endSeq !== 0) return;
    const closer = this.#closerAfter(span);
    if (closer) lose(span, closer);
    else this.#openOf(laneKey(row.session, row.agentId)).add(span);
  }

  #finish(span: Span, row: Row): void {
    span.endSeq = row.seq;
    span.end = row.at;
    span.durationMs = row.durationMs;
    if (span.startSeq === 0) span.start = row.at - (row.durationMs ?? 0);
    span.outcome = row.type === 'hook.permission_denied' ? 'denied' : row.failed ? 'failed' : 'ok';
    if (!span.summary) span.summary = row.summary;
    this.#open.get(laneKey(row.session, row.agentId))?.delete(span);
  }

  /** A permission request names no call: it belongs to the newest open call of that tool. */
  #ask(row: Row): void {
    let newest: Span | undefined;
    for (const span of this.#open.get(laneKey(row.session, row.agentId)) ?? []) {
      if (span.tool === row.tool && span.startSeq < row.seq && span.startSeq > (newest?.startSeq ?? 0)) newest = span;
    }
    if (!newest) return;
    newest.askedAt = row.at;
    newest.outcome = 'waiting';
    row.span = newest;
  }

  #close(row: Row): void {
    const closer = { seq: row.seq, at: row.at };
    const whole = row.type === 'hook.session_end';
    const key = laneKey(row.session, whole ? '*' : row.agentId);
    const closers = this.#closers.get(key);
    if (closers) closers.push(closer);
    else this.#closers.set(key, [closer]);
    for (const [lane, open] of this.#open) {
      if (whole ? !lane.startsWith(`${row.session}\n`) : lane !== key) continue;
      for (const span of open) {
        if (span.startSeq > row.seq) continue;
        lose(span, closer);
        open.delete(span);
      }
    }
  }

  /** The first event behind the span's start that ends all that its agent had running. */
  #closerAfter(span: Span): Closer | undefined {
    let first: Closer | undefined;
    for (const lane of [span.agentId, '*']) {
      for (const closer of this.#closers.get(laneKey(span.session, lane)) ?? []) {
        if (closer.seq > span.startSeq && (!first || closer.seq < first.seq)) first = closer;
      }
    }
    return first;
  }

  #openOf(lane: string): Set<Span> {
    let open = this.#open.get(lane);
    if (!open) this.#open.set(lane, (open = new Set()));
    return open;
  }
}

const laneKey = (session: string, agentId: string): string => `${session}\n${agentId}`;

function lose(span: Span, closer: Closer): void {
  span.end = closer.at;
  span.outcome = 'lost';
}
