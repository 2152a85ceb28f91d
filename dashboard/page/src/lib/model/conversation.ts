/** What was said in a session, with the calls that were made in between. */

import type { Envelope } from '../stream/envelope';
import type { ApiMessage } from '../stream/session-api';
import { parseTime } from './format';
import type { WideSpan } from './span-set';

export interface Said {
  key: string;
  role: 'user' | 'assistant';
  at: number;
  text: string;
  model: string;
  failed: boolean;
  /** Calls of the main agent and its subagents from here to the next message. */
  calls: WideSpan[];
}

export function fromMessages(messages: readonly ApiMessage[], spans: readonly WideSpan[]): Said[] {
  const said = messages
    // What subagents said among themselves has its place in the timeline; a message without text is one that only calls tools.
    .filter(({ agent_id, text }) => !agent_id && text.trim() !== '')
    .map((message): Said => ({ key: `m${message.n}`, role: message.role, at: parseTime(message.at), text: message.text, model: message.model ?? '', failed: false, calls: [] }));
  return withCalls(said, spans);
}

/** Without the agent's own record: its prompts, and the last message of each turn, as the hooks told them. */
export const SPOKEN_TYPES = 'hook.user_prompt,hook.before_agent,hook.stop,hook.after_agent,hook.stop_failure';

export function fromEvents(events: readonly Envelope[], spans: readonly WideSpan[]): Said[] {
  const said = events
    .filter(({ data }) => !data.agent_id)
    .map((event): Said => {
      const payload = (typeof event.payload === 'object' && event.payload !== null ? event.payload : {}) as Record<string, unknown>;
      const text = [payload['prompt'], payload['last_assistant_message'], payload['prompt_response'], event.data.summary].find((each) => typeof each === 'string' && each !== '');
      const prompt = event.type === 'hook.user_prompt' || event.type === 'hook.before_agent';
      // Gemini CLI repeats the prompt beside its answer.
      const answer = event.type === 'hook.after_agent' ? payload['prompt_response'] : undefined;
      return {
        key: `e${event.seq}`,
        role: prompt ? 'user' : 'assistant',
        at: parseTime(event.timestamp),
        text: String((typeof answer === 'string' && answer) || text || ''),
        model: event.data.model ?? '',
        failed: event.type === 'hook.stop_failure',
        calls: [],
      };
    });
  return withCalls(said, spans);
}

/** Calls stand behind the last message before them; with hooks alone that is the prompt. */
function withCalls(said: Said[], spans: readonly WideSpan[]): Said[] {
  const calls = spans.filter(({ kind }) => kind === 'tool').sort((a, b) => a.start - b.start);
  let index = -1;
  for (const call of calls) {
    while (index + 1 < said.length && (said[index + 1]?.at ?? Number.POSITIVE_INFINITY) <= call.start) index++;
    said[index]?.calls.push(call);
  }
  return said;
}

/** Text and code in turn: what stands between fences of three backticks is code. */
export function pieces(text: string): { code: boolean; text: string }[] {
  const parts: { code: boolean; text: string }[] = [];
  const fence = /^(`{3,})[^\n`]*\n([\s\S]*?)(?:\n\1[ \t]*(?=\n|(?![\s\S]))|(?![\s\S]))/gm;
  let from = 0;
  for (const match of text.matchAll(fence)) {
    const before = text.slice(from, match.index).replace(/^\n+|\n+$/g, '');
    if (before) parts.push({ code: false, text: before });
    parts.push({ code: true, text: match[2] ?? '' });
    from = match.index + match[0].length;
  }
  const rest = text.slice(from).replace(/^\n+|\n+$/g, '');
  if (rest) parts.push({ code: false, text: rest });
  return parts;
}

/** `Bash ×3, Edit, Read ×2`. */
export function callNames(calls: readonly WideSpan[]): string {
  const counts = new Map<string, number>();
  for (const { label } of calls) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => (count > 1 ? `${label} ×${count}` : label)).join(', ');
}
