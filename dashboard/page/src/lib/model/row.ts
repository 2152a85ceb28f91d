import type { Envelope } from '../stream/envelope';
import { parseTime } from './format';
import { kindOf, type Kind } from './kinds';
import type { Span } from './spans';
import { visibleLine } from './text';

/** One event as the list shows it: small, safe to show, without the payload. */
export interface Row {
  seq: number;
  /** Milliseconds since the epoch. */
  at: number;
  type: string;
  kind: Kind;
  session: string;
  agent: string;
  /** The tool, or what the event is called. */
  label: string;
  tool: string;
  toolUseId: string;
  summary: string;
  durationMs: number | undefined;
  failed: boolean;
  /** Empty for the main agent. */
  agentId: string;
  agentType: string;
  /** Something about the payload was odd or is not whole. */
  odd: boolean;
  /** The call that this event belongs to, once known. */
  span: Span | undefined;
}

const SUMMARY_CAP = 300;

/** A session of 200,000 events says the same few names again and again: one copy of each is kept. */
const MAX_KNOWN = 20_000;
const known = new Map<string, string>();

function once(text: string): string {
  const same = known.get(text);
  if (same !== undefined) return same;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, text);
  return text;
}

/** Takes over a row that came from the worker: copies share nothing, and what a type means is not sent along. */
export function adopt(row: Row): Row {
  row.type = once(row.type);
  row.kind = kindOf(row.type);
  row.session = once(row.session);
  row.agent = once(row.agent);
  row.label = once(row.label);
  row.tool = once(row.tool);
  row.agentId = once(row.agentId);
  row.agentType = once(row.agentType);
  return row;
}

export function toRow(envelope: Envelope): Row {
  const { data } = envelope;
  const kind = kindOf(envelope.type);
  const tool = line(data.tool_name, 80);
  return {
    seq: envelope.seq,
    at: parseTime(envelope.timestamp),
    type: once(envelope.type),
    kind,
    session: once(envelope.session_id),
    agent: once(line(envelope.agent, 40)),
    label: once(kind.group === 'tool' && tool ? toolLabel(tool) : line(kind.label, 40)),
    tool: once(tool),
    toolUseId: data.tool_use_id ?? '',
    summary: line(data.summary, SUMMARY_CAP) || line(data.reason, SUMMARY_CAP),
    durationMs: typeof data.duration_ms === 'number' ? data.duration_ms : undefined,
    failed: data.failed === true,
    agentId: once(data.agent_id ?? ''),
    agentType: once(line(data.agent_type, 60)),
    odd: data.truncated === true || (Array.isArray(data.problems) && data.problems.length > 0),
    span: undefined,
  };
}

const line = (value: unknown, cap: number): string => (typeof value === 'string' ? visibleLine(value, cap) : '');

/** `mcp__server__tool` reads as `server/tool`. */
export function toolLabel(tool: string): string {
  const mcp = /^mcp__(.+?)__(.+)$/.exec(tool);
  return mcp ? `${mcp[1]}/${mcp[2]}` : tool;
}
