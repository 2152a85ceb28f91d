import { expect, it } from 'vitest';
import { post, pre, row, seqs } from './fixtures';
import { compileFilter, foldsIntoCall } from './filter';
import { SpanIndex } from './spans';

const given = [
  row({ seq: 1, type: 'hook.user_prompt', summary: 'Fix the login loop', session: 'abc-1' }),
  pre(2, 't1', { summary: 'npm test', session: 'abc-1' }),
  post(3, 't1', { summary: 'npm test', failed: true, type: 'hook.post_tool_use_failure', session: 'abc-1' }),
  row({ seq: 4, type: 'hook.pre_tool_use', tool_name: 'Read', summary: '/src/login.ts', agent: 'codex', session: 'def-2' }),
];

it.each([
  ['', [1, 2, 3, 4]],
  ['login', [1, 4]],
  ['LOGIN loop', [1]],
  ['"login loop"', [1]],
  ['"loop login"', []],
  ['tool:bash', [2, 3]],
  ['tool:Bash failed', [3]],
  ['type:pre_tool', [2, 4]],
  ['agent:codex', [4]],
  ['session:abc', [1, 2, 3]],
  ['-tool:Bash', [1, 4]],
  ['npm -failed', [2]],
  ['"', [1, 2, 3, 4]],
])('%s', (expression, expected) => {
  expect(seqs(given.filter(compileFilter(expression)))).toEqual(expected);
});

it('folds the end of a call into its start, but only where the start is there', () => {
  const spans = new SpanIndex();
  const whole = [pre(1, 'a'), post(2, 'a')];
  const alone = post(3, 'b');
  [...whole, alone].forEach((each) => spans.add(each));
  expect([...whole, alone].map(foldsIntoCall)).toEqual([false, true, false]);
});
