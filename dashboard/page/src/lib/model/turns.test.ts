import { expect, it } from 'vitest';
import { post, pre, row } from './fixtures';
import { turnAt } from './turns';

const prompt = (seq: number, summary: string) => row({ seq, type: 'hook.user_prompt', summary });
const rows = [
  prompt(1, 'first'),
  pre(2, 'a'),
  post(3, 'a', { failed: true }),
  row({ seq: 4, type: 'hook.stop' }),
  prompt(5, 'second'),
  pre(6, 'b'),
];

it.each([
  [0, { seq: 1, prompt: 'first', tools: 1, failures: 1, over: true }],
  [3, { seq: 1, prompt: 'first', tools: 1, failures: 1, over: true }],
  [5, { seq: 5, prompt: 'second', tools: 1, failures: 0, over: false }],
  [99, { seq: 5, prompt: 'second', tools: 1, failures: 0, over: false }],
])('row %i', (index, expected) => {
  expect(turnAt(rows, index)).toMatchObject(expected);
});

it('knows no turn where the prompt is not loaded', () => {
  expect(turnAt(rows.slice(1, 4), 2)).toBeNull();
  expect(turnAt([], 0)).toBeNull();
});
