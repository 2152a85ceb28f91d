/** What the daemon knows of one session beyond its events. A daemon that does not know a path answers null here. */

import { ApiError, queryString, read } from './api';
import type { Tokens } from './envelope';

export type SpanOutcome = 'running' | 'waiting' | 'ok' | 'failed' | 'denied' | 'interrupted' | 'unfinished' | 'gone';

export interface ApiSpan {
  id: string;
  kind: 'tool' | 'agent' | 'turn' | 'compaction';
  parent?: string;
  turn?: number;
  tool_use_id?: string;
  agent_id?: string;
  agent_type?: string;
  tool_name?: string;
  summary: string;
  begin_seq: number;
  end_seq?: number;
  begin_at: string;
  end_at?: string;
  asked_at?: string;
  answered_at?: string;
  wait_us?: number;
  run_us?: number;
  duration_ms?: number;
  outcome: SpanOutcome;
  closed_by?: string;
  error?: string;
  background?: boolean;
}

export interface ApiAgent {
  agent_id: string;
  parent?: string;
  type: string;
  prompt?: string;
  state: 'running' | 'ended';
  begin_at: string;
  end_at?: string;
  tools: number;
  failures: number;
}

/** What one agent did in all its sessions; durations are of its latest calls. */
export interface ApiAgentTotals {
  agent: string;
  sessions: number;
  events: number;
  tools: number;
  failures: number;
  p50_ms?: number;
  p95_ms?: number;
  last_at: string;
}

export interface ApiTurn {
  n: number;
  prompt: string;
  begin_seq: number;
  end_seq?: number;
  begin_at: string;
  end_at?: string;
  outcome: string;
  tools: number;
  failures: number;
  tokens?: Tokens;
  cost_usd?: number;
}

export interface ApiFile {
  path: string;
  reads: number;
  writes: number;
  edits: number;
  last_at: string;
  last_seq: number;
  agents: string[];
  added?: number;
  removed?: number;
}

export interface ApiChange {
  seq: number;
  at: string;
  kind: 'write' | 'edit' | 'read';
  agent_id?: string;
  patch?: string;
  truncated?: boolean;
}

export interface ApiMessage {
  n: number;
  role: 'user' | 'assistant';
  at: string;
  text: string;
  model?: string;
  tokens?: Tokens;
  agent_id?: string;
  tools?: string[];
}

export interface ApiUsage {
  models: { model: string; tokens: Tokens; cost_usd?: number }[];
  turns: { n: number; tokens: Tokens; cost_usd?: number }[];
  context_tokens?: number;
  context_window?: number;
  priced: boolean;
}

export interface ApiHook {
  event: string;
  command: string;
  ours: boolean;
  agent: string;
  calls: number;
  failures: number;
  p50_ms: number;
  p99_ms: number;
  total_ms: number;
  per_session_ms: number;
  per_day_ms: number;
}

export interface ApiProfile {
  hooks: ApiHook[];
  slowest: ApiHook | null;
}

const LIMIT = 1_000;

async function optional<T>(path: string, signal: AbortSignal): Promise<T | null> {
  try {
    return (await read(path, signal)) as T;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 405)) return null;
    throw error;
  }
}

const of = (id: string, what: string): string => `/api/v1/sessions/${encodeURIComponent(id)}/${what}`;

/** All pages of a list, up to `most` of its items. */
async function whole<T>(path: string, name: string, query: Record<string, string | number>, most: number, signal: AbortSignal): Promise<T[] | null> {
  const all: T[] = [];
  let since: number | null = Number(query['since'] ?? 0);
  while (since !== null && all.length < most) {
    const page: Record<string, unknown> | null = await optional(path + queryString({ ...query, since, limit: LIMIT }), signal);
    if (!page) return all.length > 0 ? all : null;
    for (const item of (page[name] as T[] | undefined) ?? []) all.push(item);
    since = typeof page['next'] === 'number' ? page['next'] : null;
  }
  return all;
}

export const readSpans = (id: string, since: number, signal: AbortSignal): Promise<ApiSpan[] | null> => whole(of(id, 'spans'), 'spans', { since }, 100_000, signal);

export const readTurns = (id: string, signal: AbortSignal): Promise<ApiTurn[] | null> => whole(of(id, 'turns'), 'turns', {}, 10_000, signal);

export const readMessages = (id: string, since: number, signal: AbortSignal): Promise<ApiMessage[] | null> =>
  whole(of(id, 'messages'), 'messages', { since }, 5_000, signal);

export const readAgents = async (id: string, signal: AbortSignal): Promise<ApiAgent[] | null> =>
  (await optional<{ agents: ApiAgent[] }>(of(id, 'agents'), signal))?.agents ?? null;

export const readAgentTotals = async (signal: AbortSignal): Promise<ApiAgentTotals[] | null> =>
  (await optional<{ agents: ApiAgentTotals[] }>('/api/v1/agents', signal))?.agents ?? null;

export const readFiles = async (id: string, signal: AbortSignal): Promise<ApiFile[] | null> =>
  (await optional<{ files: ApiFile[] }>(of(id, `files?limit=${LIMIT}`), signal))?.files ?? null;

export const readChanges = (id: string, path: string, signal: AbortSignal): Promise<ApiChange[] | null> =>
  optional<{ changes: ApiChange[] }>(of(id, `files/changes${queryString({ path, limit: 100 })}`), signal).then((answer) => answer?.changes ?? null);

export const readUsage = (id: string, signal: AbortSignal): Promise<ApiUsage | null> => optional(of(id, 'usage'), signal);

export const readProfile = (session: string | null, signal: AbortSignal): Promise<ApiProfile | null> =>
  optional(`/api/v1/profile${queryString({ session: session ?? undefined })}`, signal);
