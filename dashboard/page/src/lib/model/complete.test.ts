import { expect, it } from 'vitest';
import { complete, unfinished, type Vocabulary } from './complete';

const words: Vocabulary = {
  tools: ['Bash', 'Read', 'mcp__figma__get_node'],
  types: ['hook.pre_tool_use', 'hook.stop'],
  agents: ['claude-code', 'codex'],
  projects: ['shop-api', 'my docs'],
  sessions: [{ id: 'abc-1', name: 'shop-api' }],
};
const inserts = (text: string, caret = text.length) => complete(text, caret, words).suggestions.map(({ insert }) => insert);

it.each([
  ['to', ['tool_name:']],
  ['tool_name:', ['tool_name:Bash', 'tool_name:Read', 'tool_name:mcp__figma__get_node']],
  ['failed AND tool_name:fig', ['tool_name:mcp__figma__get_node']],
  ['(type:sto', ['type:hook.stop']],
  ['project:"my d', ['project:"my docs"']],
  ['session:shop', ['session:abc-1']],
  ['nothing:x', []],
  ['agent:', ['agent:claude-code', 'agent:codex']],
  ['failed AND agent:dex', ['agent:codex']],
  ['Cod', ['agent:codex']],
  ['c', []],
  ['failed', []],
])('%s', (text, expected) => expect(inserts(text)).toEqual(expected));

it('offers every field where nothing is typed yet', () => {
  expect(inserts('').length).toBeGreaterThan(5);
  expect(inserts('failed ')).toContain('OR ');
});

it('replaces the whole word that the caret stands in', () => {
  expect(complete('a tool_name:Bx b', 13, words)).toMatchObject({ from: 2, to: 14 });
});

it.each([
  ['tool_name:', true],
  ['failed AND', true],
  ['failed AND duration>', true],
  ['(', true],
  ['tool_name:"', true],
  ['tool_name:Bash', false],
  ['BRAND', false],
  ['duration>2s', false],
  ['', false],
])('%s is unfinished: %s', (text, expected) => expect(unfinished(text)).toBe(expected));
