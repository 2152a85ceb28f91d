/** Agents side by side, and the one that a search expression is about. */

import type { ApiAgentTotals } from '../stream/session-api';
import { quoted } from './complete';
import { parseTime } from './format';
import type { Session } from './sessions';

export interface AgentLine {
  agent: string;
  sessions: number;
  events: number;
  tools: number;
  failures: number;
  /** Failed calls of all calls, 0 to 1; undefined where there was no call. */
  failed: number | undefined;
  p50: number | undefined;
  p95: number | undefined;
  /** Shares of the longest p95 of all agents, 0 to 1. */
  reach50: number;
  reach95: number;
  lastAt: number;
}

/** In the daemon's order: who was seen last comes first. */
export function agentLines(totals: readonly ApiAgentTotals[]): AgentLine[] {
  const longest = Math.max(1, ...totals.map(({ p50_ms = 0, p95_ms = 0 }) => Math.max(p50_ms, p95_ms)));
  return totals.map(({ agent, sessions, events, tools, failures, p50_ms, p95_ms, last_at }) => ({
    agent,
    sessions,
    events,
    tools,
    failures,
    failed: tools > 0 ? Math.min(1, failures / tools) : undefined,
    p50: p50_ms,
    p95: p95_ms,
    reach50: (p50_ms ?? 0) / longest,
    reach95: (p95_ms ?? 0) / longest,
    lastAt: parseTime(last_at),
  }));
}

/** `7.5 %`, and never `0 %` of something that happened or `100 %` of something that did not always. */
export function percent(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  const value = Math.min(99.9, Math.max(0.1, share * 100));
  return `${value < 10 || value > 99 ? value.toFixed(1) : Math.round(value)} %`;
}

/** The agents of these sessions, those with the most sessions first. */
export function agentsOf(sessions: readonly Session[]): string[] {
  const sizes = new Map<string, number>();
  for (const { row } of sessions) if (row.agent) sizes.set(row.agent, (sizes.get(row.agent) ?? 0) + 1);
  return [...sizes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([agent]) => agent);
}

const TERM = /(?<![^\s])agent:(?:"([^"]*)"|([^\s()"]+))(?![^\s])/gi;

/** The one agent whose events an expression is about, as it is written there; null where it may be about several. */
export function agentOf(q: string): string | null {
  const terms = [...q.matchAll(TERM)];
  const plain = q.replace(TERM, ' ').replace(/"[^"]*"/g, ' ');
  const [term] = terms;
  if (!term || terms.length > 1 || /[()"]|(?<!\S)(?:OR|NOT)(?!\S)/.test(plain)) return null;
  const name = term[1] ?? term[2] ?? '';
  return name === '' || name.endsWith('*') ? null : name;
}

/** The agent of `agents` that an expression is about; case does not matter in names. */
export function chosenAgent(q: string, agents: readonly string[]): string | null {
  const name = agentOf(q)?.toLowerCase();
  return name === undefined ? null : (agents.find((agent) => agent.toLowerCase() === name) ?? null);
}

/** The expression with another agent, or none, in the place of the one it is about. */
export function withAgent(q: string, agent: string | null): string {
  const rest = (agentOf(q) === null ? q : q.replace(TERM, ' '))
    .trim()
    .replace(/^AND(?!\S)|(?<!\S)AND$/g, '')
    .replace(/(?<!\S)AND\s+AND(?!\S)/g, 'AND')
    .trim();
  if (agent === null) return rest;
  const term = `agent:${quoted(agent)}`;
  if (rest === '') return term;
  return /(?<!\S)OR(?!\S)/.test(rest) ? `${term} (${rest})` : `${term} ${rest}`;
}
