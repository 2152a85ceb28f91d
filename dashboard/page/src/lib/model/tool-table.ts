/** Calls by tool: how many, how many failed, how long they took. */

import type { WideSpan } from './span-set';

export interface ToolLine {
  tool: string;
  label: string;
  calls: number;
  failures: number;
  open: number;
  p50: number;
  p99: number;
  p95: number;
  total: number;
  /** Time spent waiting for a person, milliseconds. */
  waited: number;
}

export interface SlowCall {
  span: WideSpan;
  ms: number;
}

/** How long a call ran, without the wait for a person; undefined while it runs. */
export function ranFor(span: WideSpan): number | undefined {
  if (span.durationMs !== undefined) return span.durationMs;
  if (span.end === undefined || span.outcome === 'lost') return undefined;
  return Math.max(0, span.end - span.start - waitedFor(span));
}

function waitedFor(span: WideSpan): number {
  return span.askedAt !== undefined && span.answeredAt !== undefined ? Math.max(0, span.answeredAt - span.askedAt) : 0;
}

/** The tools that took the most time first. */
export function toolTable(spans: readonly WideSpan[]): ToolLine[] {
  const lines = new Map<string, ToolLine & { times: number[] }>();
  for (const span of spans) {
    if (span.kind !== 'tool') continue;
    let line = lines.get(span.tool);
    if (!line) {
      line = { tool: span.tool, label: span.label, calls: 0, failures: 0, open: 0, p50: 0, p95: 0, p99: 0, total: 0, waited: 0, times: [] };
      lines.set(span.tool, line);
    }
    line.calls += 1;
    if (span.outcome === 'failed' || span.outcome === 'denied') line.failures += 1;
    if (span.end === undefined) line.open += 1;
    line.waited += waitedFor(span);
    const ms = ranFor(span);
    if (ms !== undefined) {
      line.times.push(ms);
      line.total += ms;
    }
  }
  return [...lines.values()]
    .map(({ times, ...line }) => {
      times.sort((a, b) => a - b);
      const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
      return { ...line, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
    })
    .sort((a, b) => b.total - a.total || b.calls - a.calls);
}

export function slowestCalls(spans: readonly WideSpan[], most: number): SlowCall[] {
  const calls: SlowCall[] = [];
  for (const span of spans) {
    const ms = span.kind === 'tool' ? ranFor(span) : undefined;
    if (ms !== undefined) calls.push({ span, ms });
  }
  return calls.sort((a, b) => b.ms - a.ms).slice(0, most);
}
