/** Events for tests, as small as they may be. */

import type { Envelope, EventData } from '../stream/envelope';
import { toRow, type Row } from './row';

const START = Date.parse('2026-11-22T02:00:00.000Z');

export interface Given extends EventData {
  seq: number;
  type?: string;
  session?: string;
  agent?: string;
  /** Milliseconds after the first event of all. */
  at?: number;
}

export function envelope({ seq, type = 'hook.notification', session = 's1', agent = 'claude-code', at = seq * 100, ...data }: Given): Envelope {
  return { type, timestamp: new Date(START + at).toISOString(), seq, session_id: session, agent, data };
}

export const row = (given: Given): Row => toRow(envelope(given));

export const rows = (from: number, to: number, given: Partial<Given> = {}): Row[] =>
  Array.from({ length: to - from + 1 }, (_, index) => row({ ...given, seq: from + index }));

export const pre = (seq: number, id: string, given: Partial<Given> = {}): Row =>
  row({ seq, type: 'hook.pre_tool_use', tool_name: 'Bash', tool_use_id: id, summary: `run ${id}`, ...given });

export const post = (seq: number, id: string, given: Partial<Given> = {}): Row =>
  row({ seq, type: 'hook.post_tool_use', tool_name: 'Bash', tool_use_id: id, duration_ms: 50, ...given });

export const seqs = (list: readonly { seq: number }[]): number[] => list.map(({ seq }) => seq);
