/** What the daemon sends: events, session rows and notices about the stream itself. */

import { decodeMessagePack } from './msgpack';

export interface EventData {
  event?: string;
  tool_name?: string;
  tool_use_id?: string;
  agent_id?: string;
  agent_type?: string;
  cwd?: string;
  prompt_id?: string;
  permission_mode?: string;
  model?: string;
  reason?: string;
  duration_ms?: number;
  failed?: boolean;
  summary?: string;
  truncated?: boolean;
  bytes?: number;
  redacted?: number;
  hook_us?: number;
  /** Where that time went; only with TAILHOOK_HOOK_DEBUG=1. */
  hook_stages?: { first_read_us: number; input_end_us: number; opened_us: number; reads: number };
  delivery_us?: number;
  problems?: string[];
}

export interface Envelope {
  type: string;
  timestamp: string;
  seq: number;
  session_id: string;
  agent: string;
  data: EventData;
  payload?: unknown;
}

export type SessionState =
  | 'starting'
  | 'working'
  | 'waiting_permission'
  | 'waiting_user'
  | 'compacting'
  | 'ended'
  | 'unknown';

export interface SessionRow {
  session_id: string;
  agent: string;
  state: SessionState;
  failed?: boolean | string;
  state_since: string;
  state_detail?: string;
  cwd?: string;
  project?: string;
  title?: string;
  git_branch?: string;
  started_at: string;
  last_at: string;
  first_seq: number;
  last_seq: number;
  events: number;
  turns: number;
  tools: number;
  failures: number;
  subagents: number;
  running_tools: number;
  current?: string;
  model?: string;
  permission_mode?: string;
  /** Why somebody is wanted, and since when is `state_since`. */
  needs?: 'permission' | 'idle' | 'failed';
  /** The tool that waits. */
  waiting_for?: string;
  running_subagents?: number;
  end_reason?: string;
  previous_session_id?: string;
  next_session_id?: string;
  tokens?: Tokens;
  cost_usd?: number;
  context_tokens?: number;
  context_window?: number;
  tasks_done?: number;
  tasks_total?: number;
  files_edited?: number;
}

export interface Tokens {
  input?: number;
  output?: number;
  cache_read?: number;
  cache_write?: number;
}

export interface Percentiles {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

export interface Stats {
  version: string;
  seq: number;
  uptime_s: number;
  events: { stored: number; torn: number; dropped: number; lost?: number; truncated?: number; spooled?: number; malformed?: number; duplicates?: number };
  kept?: Kept;
  hook_us: Percentiles;
  delivery_us: Percentiles;
  commit_us?: Percentiles;
  subscribers: number;
  lag_bytes?: number;
  /** Why the store takes nothing at the moment. */
  store_trouble?: string | null;
  /** How the hook differs that was installed with the daemon, where it is of another version. */
  hook_skew?: string;
  slow_hooks?: SlowHook[];
  history?: Minute[];
  half_hours?: HalfHour[];
}

/** What is stored, and when it goes; a limit that is null never takes any. */
export interface Kept {
  since: string | null;
  bytes: number;
  max_days: number | null;
  max_bytes: number | null;
}

/** A call of the hook that took long. */
export interface SlowHook {
  seq: number;
  session_id: string;
  event: string;
  hook_us: number;
  at: string;
}

/** One minute in which something happened. */
export interface Minute {
  at: string;
  hook_us: { p50: number; p99: number };
  delivery_us: { p50: number; p99: number };
  commit_us: { p50: number; p99: number };
  events: number;
}

/** Half an hour in which hooks ran: how many, and all of their time. */
export interface HalfHour {
  at: string;
  hooks: number;
  hook_us: number;
}

/** One message of the stream, sorted by what it is about. */
export interface Batch {
  events: Envelope[];
  sessions: SessionRow[];
  gaps: { from: number; to: number }[];
  hello?: { seq: number; version: string };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const count = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** Null for anything that is not an event; unknown types of events are events. */
export function asEnvelope(value: unknown): Envelope | null {
  if (!isObject(value) || typeof value['type'] !== 'string') return null;
  const seq = value['seq'];
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq <= 0) return null;
  const envelope: Envelope = {
    type: value['type'],
    timestamp: String(value['timestamp'] ?? ''),
    seq,
    session_id: String(value['session_id'] ?? ''),
    agent: String(value['agent'] ?? ''),
    data: isObject(value['data']) ? (value['data'] as EventData) : {},
  };
  if ('payload' in value) envelope.payload = value['payload'];
  return envelope;
}

export function asSession(value: unknown): SessionRow | null {
  if (!isObject(value) || typeof value['session_id'] !== 'string') return null;
  return value as unknown as SessionRow;
}

/** Takes one message apart. What cannot be understood is left out: a newer daemon may send more than this page knows. */
export function decodeMessage(data: string | ArrayBuffer): Batch {
  const batch: Batch = { events: [], sessions: [], gaps: [] };
  let message: unknown;
  try {
    message = typeof data === 'string' ? JSON.parse(data) : decodeMessagePack(new Uint8Array(data));
  } catch {
    return batch;
  }
  for (const item of Array.isArray(message) ? message : [message]) {
    if (!isObject(item) || typeof item['type'] !== 'string') continue;
    const type = item['type'];
    if (!type.startsWith('system.')) {
      const envelope = asEnvelope(item);
      if (envelope) batch.events.push(envelope);
      continue;
    }
    const data = isObject(item['data']) ? item['data'] : {};
    if (type === 'system.hello') {
      batch.hello = { seq: count(data['seq']), version: String(data['version'] ?? '') };
    } else if (type === 'system.session') {
      const session = asSession(data);
      if (session) batch.sessions.push(session);
    } else if (type === 'system.gap') {
      batch.gaps.push({ from: count(data['from']), to: count(data['to']) });
    }
  }
  return batch;
}
