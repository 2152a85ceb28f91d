/** What a payload is mainly about, as blocks that can be shown: the command, the file, the change, the output. */

import { diffLines, type DiffLine } from './diff';

export type Block =
  | { kind: 'command'; label: string; text: string; note?: string }
  | { kind: 'path'; label: string; text: string }
  | { kind: 'text'; label: string; text: string }
  | { kind: 'terminal'; label: string; text: string; bad?: boolean }
  | { kind: 'diff'; label: string; lines: DiffLine[] }
  | { kind: 'list'; label: string; items: { state: 'done' | 'now' | 'open'; text: string }[] }
  | { kind: 'fields'; label: string; fields: [string, string][] };

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function essentials(payload: unknown): Block[] {
  if (!isObject(payload)) return [];
  const blocks: Block[] = [];
  const tool = text(payload['tool_name']);
  if (isObject(payload['tool_input'])) blocks.push(...inputBlocks(tool, payload['tool_input']));
  const reason = text(payload['reason']);
  if (reason.length > 40) blocks.push({ kind: 'text', label: 'Reason', text: reason });
  blocks.push(...responseBlocks(tool, payload['tool_response']));
  const error = payload['error'];
  if (text(error)) blocks.push({ kind: 'terminal', label: 'Error', text: text(error), bad: true });
  for (const [field, label] of SPOKEN) {
    const spoken = text(payload[field]);
    if (spoken) blocks.push({ kind: 'text', label, text: spoken });
  }
  if (!tool && text(payload['file_path'])) blocks.push({ kind: 'path', label: 'File', text: text(payload['file_path']) });
  blocks.push(...batchBlocks(payload['tool_calls']));
  return blocks;
}

/** Fields that hold what somebody said, in the order in which they are shown. */
const SPOKEN: readonly (readonly [string, string])[] = [
  ['prompt', 'Prompt'],
  ['message', 'Message'],
  ['delta', 'Message'],
  ['last_assistant_message', 'Last message'],
  ['prompt_response', 'Answer'],
  ['compact_summary', 'Summary'],
  ['error_details', 'Details'],
  ['task_subject', 'Task'],
  ['task_description', 'Description'],
];

function inputBlocks(tool: string, input: Json): Block[] {
  const blocks: Block[] = [];
  const used = new Set<string>();
  const take = (field: string): string => {
    const value = text(input[field]);
    if (value) used.add(field);
    return value;
  };
  const command = commandOf(input);
  if (command) {
    used.add('command');
    const note = take('description');
    blocks.push(note ? { kind: 'command', label: 'Command', text: command, note } : { kind: 'command', label: 'Command', text: command });
  }
  const path = take('file_path') || take('absolute_path') || take('notebook_path') || take('path');
  if (path) blocks.push({ kind: 'path', label: 'File', text: path });
  blocks.push(...changeBlocks(tool, input, used));
  const todos = input['todos'];
  if (Array.isArray(todos)) {
    used.add('todos');
    blocks.push({ kind: 'list', label: 'Todo', items: todos.filter(isObject).map(todoItem) });
  }
  if (Array.isArray(input['questions'])) {
    used.add('questions');
    blocks.push(...input['questions'].filter(isObject).map(questionBlock));
  }
  const prompt = take('prompt');
  if (prompt) blocks.push({ kind: 'text', label: 'Prompt', text: prompt });
  const rest = plainFields(input, used);
  if (rest.length > 0) blocks.push({ kind: 'fields', label: 'Input', fields: rest });
  return blocks;
}

/** Codex gives a command as text or as a list of words. */
function commandOf(input: Json): string {
  const command = input['command'];
  if (Array.isArray(command)) return command.filter((word) => typeof word === 'string').join(' ');
  return text(command);
}

function changeBlocks(tool: string, input: Json, used: Set<string>): Block[] {
  const edits = Array.isArray(input['edits']) ? input['edits'].filter(isObject) : [input];
  const changes = edits.filter((edit) => typeof edit['old_string'] === 'string' || typeof edit['new_string'] === 'string');
  if (changes.length > 0) {
    for (const field of ['edits', 'old_string', 'new_string']) used.add(field);
    return changes.map((edit) => ({
      kind: 'diff',
      label: 'Change',
      lines: diffLines(text(edit['old_string']), text(edit['new_string'])),
    }));
  }
  const content = text(input['content']);
  if (!content) return [];
  used.add('content');
  return [{ kind: 'terminal', label: tool === 'Write' || tool === 'write_file' ? 'Written' : 'Content', text: content }];
}

function todoItem(todo: Json): { state: 'done' | 'now' | 'open'; text: string } {
  const state = todo['status'] === 'completed' ? 'done' : todo['status'] === 'in_progress' ? 'now' : 'open';
  return { state, text: text(todo['content']) || text(todo['description']) || text(todo['subject']) };
}

function questionBlock(question: Json): Block {
  const options = Array.isArray(question['options']) ? question['options'].filter(isObject) : [];
  return {
    kind: 'list',
    label: text(question['question']) || 'Question',
    items: options.map((option) => ({
      state: 'open',
      text: [text(option['label']), text(option['description'])].filter(Boolean).join(': '),
    })),
  };
}

function plainFields(input: Json, used: ReadonlySet<string>): [string, string][] {
  const fields: [string, string][] = [];
  for (const [name, value] of Object.entries(input)) {
    if (used.has(name) || value === null || typeof value === 'object') continue;
    fields.push([name, String(value)]);
  }
  return fields;
}

function responseBlocks(tool: string, response: unknown): Block[] {
  if (typeof response === 'string') return response ? [{ kind: 'terminal', label: 'Output', text: response }] : [];
  const blocks: Block[] = [];
  if (isObject(response)) {
    const file = isObject(response['file']) ? text(response['file']['content']) : '';
    const output = text(response['stdout']) || text(response['output']) || text(response['llmContent']) || file;
    const bad = text(response['stderr']);
    if (output) blocks.push({ kind: 'terminal', label: 'Output', text: output });
    if (bad) blocks.push({ kind: 'terminal', label: 'Error output', text: bad, bad: true });
    if (blocks.length > 0) return blocks;
    const spoken = contentText(response['content']) || text(response['message']) || text(response['result']);
    if (spoken && tool !== 'Write') return [{ kind: 'terminal', label: 'Output', text: spoken }];
  }
  const spoken = contentText(response);
  return spoken ? [{ kind: 'terminal', label: 'Output', text: spoken }] : [];
}

/** Text of a list of content blocks, as MCP tools and subagents answer. */
function contentText(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content
    .filter(isObject)
    .map((block) => text(block['text']))
    .filter(Boolean)
    .join('\n');
}

function batchBlocks(calls: unknown): Block[] {
  if (!Array.isArray(calls)) return [];
  return calls.filter(isObject).map((call) => {
    const response = call['tool_response'];
    return { kind: 'terminal', label: text(call['tool_name']) || 'Result', text: text(response) || contentText(response) };
  });
}
