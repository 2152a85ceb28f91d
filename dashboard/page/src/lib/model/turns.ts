/** The turn that a row belongs to: the prompt before it, and what came of it so far. */

import type { Row } from './row';

export interface Turn {
  seq: number;
  prompt: string;
  at: number;
  tools: number;
  failures: number;
  /** Until the next prompt, or until the last row that is loaded. */
  until: number;
  over: boolean;
}

/** A turn of more rows than this goes without its numbers. */
const MAX_SCAN = 5_000;

const isPrompt = (row: Row): boolean => (row.type === 'hook.user_prompt' || row.type === 'hook.before_agent') && row.agentId === '';
const isEnd = (row: Row): boolean => row.kind.group === 'message' && row.agentId === '' && row.type !== 'hook.message_display';

/** `rows` are of one session, ascending. Null: the prompt is not among them. */
export function turnAt(rows: readonly Row[], index: number): Turn | null {
  let from = Math.min(index, rows.length - 1);
  const floor = Math.max(0, from - MAX_SCAN);
  while (from >= floor && !isPrompt(rows[from] as Row)) from--;
  const prompt = from >= floor ? rows[from] : undefined;
  if (!prompt) return null;
  const turn: Turn = { seq: prompt.seq, prompt: prompt.summary, at: prompt.at, tools: 0, failures: 0, until: prompt.at, over: false };
  const ceiling = Math.min(rows.length, from + MAX_SCAN);
  for (let at = from + 1; at < ceiling; at++) {
    const row = rows[at] as Row;
    if (isPrompt(row)) {
      turn.over = true;
      break;
    }
    if (row.kind.phase === 'start') turn.tools += 1;
    if (row.failed) turn.failures += 1;
    turn.until = row.at;
    turn.over = isEnd(row);
  }
  return turn;
}
