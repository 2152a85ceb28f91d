import { expect, it } from 'vitest';
import { findIn } from './find-in';

const payload = { tool: 'Bash', input: { command: 'npm test', todos: [{ text: 'Write' }, { text: 'Test it' }] }, count: 42, none: null };

it.each([
  ['TEST', { input: { command: 'npm test', todos: { 1: { text: 'Test it' } } } }, 2],
  ['command', { input: { command: 'npm test' } }, 1],
  ['42', { count: 42 }, 1],
  ['input', { input: payload.input }, 1],
])('%s', (text, value, found) => expect(findIn(payload, text)).toEqual({ value, found }));

it('finds nothing where nothing is, and keeps strange names', () => {
  expect(findIn(payload, 'nowhere')).toBeUndefined();
  expect(Object.keys(findIn(JSON.parse('{"__proto__": {"x": 1}}'), 'x')?.value as object)).toEqual(['__proto__']);
});
