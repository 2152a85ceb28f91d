import { expect, it } from 'vitest';
import { essentials } from './essentials';

const kinds = (payload: unknown): string[] => essentials(payload).map((block) => `${block.kind} ${block.label}`);

it('shows a command, its output and its errors', () => {
  expect(
    kinds({
      tool_name: 'Bash',
      tool_input: { command: 'make', description: 'build' },
      tool_response: { stdout: 'ok', stderr: 'warning' },
    }),
  ).toEqual(['command Command', 'terminal Output', 'terminal Error output']);
  expect(kinds({ tool_name: 'Bash', tool_input: { command: ['ls', '-l'] }, tool_response: 'out' })).toEqual(['command Command', 'terminal Output']);
});

it('shows an edit as a change', () => {
  const blocks = essentials({ tool_name: 'Edit', tool_input: { file_path: '/a', old_string: 'x', new_string: 'y', replace_all: false } });
  expect(blocks).toEqual([
    { kind: 'path', label: 'File', text: '/a' },
    { kind: 'diff', label: 'Change', lines: [{ sign: '-', text: 'x' }, { sign: '+', text: 'y' }] },
    { kind: 'fields', label: 'Input', fields: [['replace_all', 'false']] },
  ]);
});

it('shows todos as a list with their states', () => {
  const todos = [
    { content: 'a', status: 'completed' },
    { content: 'b', status: 'in_progress' },
    { content: 'c', status: 'pending' },
  ];
  const [list] = essentials({ tool_name: 'TodoWrite', tool_input: { todos } });
  expect(list).toMatchObject({ kind: 'list', items: [{ state: 'done' }, { state: 'now' }, { state: 'open' }] });
});

it.each([
  [{ prompt: 'hi' }, ['text Prompt']],
  [{ tool_name: 'Read', tool_input: { file_path: '/a' }, error: 'no such file' }, ['path File', 'terminal Error']],
  [{ tool_name: 'mcp__kit__echo', tool_input: { text: 'hi' }, tool_response: [{ type: 'text', text: 'hi' }] }, ['fields Input', 'terminal Output']],
  [{ tool_calls: [{ tool_name: 'Bash', tool_response: 'x' }] }, ['terminal Bash']],
  [null, []],
  ['not json', []],
  [[1, 2], []],
  [{ tool_name: 5, tool_input: [], tool_response: 7, tool_calls: {} }, []],
  [{ tool_name: 'X', tool_input: { todos: [1, null], questions: [{}], edits: 3 } }, ['list Todo', 'list Question', 'fields Input']],
])('takes %j', (payload, expected) => expect(kinds(payload)).toEqual(expected));
