/** The spans of a session as the views of it need them, whether the daemon or the page itself put them together. */

import type { ApiSpan, SpanOutcome } from '../stream/session-api';
import { parseTime } from './format';
import { toolLabel } from './row';
import type { Outcome, Span } from './spans';
import { visibleLine } from './text';

export interface WideSpan extends Span {
  kind: ApiSpan['kind'];
  /** Why there is no plain end, in words. */
  ended: string;
  answeredAt: number | undefined;
  background: boolean;
}

const OUTCOMES: Record<SpanOutcome, Outcome> = {
  running: 'running',
  waiting: 'waiting',
  ok: 'ok',
  failed: 'failed',
  denied: 'denied',
  interrupted: 'lost',
  unfinished: 'lost',
  gone: 'lost',
};

const ENDED: Partial<Record<SpanOutcome, string>> = {
  interrupted: 'interrupted',
  unfinished: 'no end was reported',
  gone: 'its process is gone',
};

const LABELS: Record<ApiSpan['kind'], string> = { tool: 'Tool', agent: 'Subagent', turn: 'Turn', compaction: 'Compaction' };

export function fromApi(session: string, span: ApiSpan): WideSpan {
  const tool = visibleLine(span.tool_name ?? '', 80);
  return {
    id: span.id,
    kind: span.kind,
    session,
    agentId: span.agent_id ?? '',
    agentType: visibleLine(span.agent_type ?? '', 60),
    tool,
    label: tool ? toolLabel(tool) : LABELS[span.kind] ?? 'Span',
    summary: visibleLine(span.summary, 300),
    start: parseTime(span.begin_at),
    end: span.end_at === undefined ? undefined : parseTime(span.end_at),
    startSeq: span.begin_seq,
    endSeq: span.end_seq ?? 0,
    askedAt: span.asked_at === undefined ? undefined : parseTime(span.asked_at),
    answeredAt: span.answered_at === undefined ? undefined : parseTime(span.answered_at),
    durationMs: span.duration_ms ?? (span.run_us === undefined ? undefined : span.run_us / 1_000),
    outcome: OUTCOMES[span.outcome] ?? 'lost',
    ended: visibleLine(span.error ?? '', 200) || (ENDED[span.outcome] ?? ''),
    background: span.background === true,
  };
}

export function fromEvents(span: Span): WideSpan {
  return { ...span, kind: 'tool', ended: '', answeredAt: undefined, background: false };
}

/** Newer news of a span takes the place of older; those that began last come last. */
export function joined(before: readonly WideSpan[], news: readonly WideSpan[]): WideSpan[] {
  if (before.length === 0) return [...news];
  const known = new Map(before.map((span) => [span.id, span]));
  for (const span of news) known.set(span.id, span);
  return [...known.values()];
}

/** From where news of these spans have to be read: before the first that is still open, or else behind the last begin. */
export function newsFrom(spans: readonly WideSpan[]): number {
  let last = 0;
  let open = Number.POSITIVE_INFINITY;
  for (const span of spans) {
    last = Math.max(last, span.startSeq);
    if (span.end === undefined) open = Math.min(open, span.startSeq - 1);
  }
  return Math.max(0, Math.min(open, last));
}
