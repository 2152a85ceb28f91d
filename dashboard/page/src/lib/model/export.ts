/** Events as a file: JSON Lines for programs, Markdown for people. */

import type { Envelope } from '../stream/envelope';
import { clockTime, dayName, duration, parseTime } from './format';
import { kindOf } from './kinds';
import { toolLabel } from './row';
import { visibleText } from './text';

export function jsonLine(envelope: Envelope): string {
  return `${JSON.stringify(envelope)}\n`;
}

type Json = Record<string, unknown>;
const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const LONG = 4_000;

/** A fence longer than any in the text: what an agent said cannot end it. */
function fenced(content: string, language = ''): string {
  const cut = content.length > LONG ? `${content.slice(0, LONG)}\n… ${content.length - LONG} more characters` : content;
  const ticks = [...cut.matchAll(/`+/g)].reduce((longest, [run]) => Math.max(longest, run.length), 2);
  const fence = '`'.repeat(ticks + 1);
  return `${fence}${language}\n${visibleText(cut).replace(/\n$/, '')}\n${fence}\n`;
}

const quoted = (content: string): string => visibleText(content).replace(/^/gm, '> ');

export function markdownHead(name: string, id: string, first: Envelope | undefined): string {
  const at = first ? parseTime(first.timestamp) : Number.NaN;
  const facts = [first?.agent, id, Number.isNaN(at) ? '' : `${dayName(at)} ${clockTime(at).slice(0, 8)}`];
  return `# ${visibleText(name).replace(/\n/g, ' ')}\n\n${facts.filter(Boolean).join(' · ')}\n`;
}

/** The starts of calls say nothing that their ends do not say again. Empty: nothing for people to read. */
export function markdownOf(envelope: Envelope): string {
  const kind = kindOf(envelope.type);
  const payload = object(envelope.payload);
  const time = clockTime(parseTime(envelope.timestamp)).slice(0, 8);
  if (kind.phase === 'start' || kind.phase === 'batch' || envelope.type === 'hook.message_display') return '';
  if (kind.group === 'prompt') return `\n## ${time} Prompt\n\n${quoted(text(payload['prompt']) || envelope.data.summary || '')}\n`;
  if (kind.group === 'message') {
    const said = text(payload['last_assistant_message']) || text(payload['prompt_response']) || envelope.data.summary || '';
    return `\n### ${time} ${kind.label}\n\n${quoted(said)}\n`;
  }
  if (kind.phase === 'end') return callMarkdown(envelope, payload, time);
  if (kind.group === 'ask' || kind.group === 'agent') return `\n- ${time} ${kind.label}: ${visibleText(envelope.data.summary ?? '').replace(/\n/g, ' ')}\n`;
  return '';
}

function callMarkdown({ data }: Envelope, payload: Json, time: string): string {
  const input = object(payload['tool_input']);
  const took = data.duration_ms === undefined ? '' : `, ${duration(data.duration_ms)}`;
  const head = `\n**${visibleText(toolLabel(data.tool_name ?? 'Tool')).replace(/[\n*]/g, ' ')}** ${time}${took}${data.failed ? ', failed' : ''}\n\n`;
  const command = text(input['command']);
  const response = payload['tool_response'];
  const output = text(payload['error']) || text(response) || text(object(response)['stdout']);
  return head + (command ? fenced(command, 'sh') : fenced(JSON.stringify(input, null, 2), 'json')) + (output ? `\n${fenced(output)}` : '');
}
