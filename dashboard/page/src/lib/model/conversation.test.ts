import { expect, it } from 'vitest';
import { callNames, fromEvents, fromMessages, pieces } from './conversation';
import { envelope } from './fixtures';
import { fromApi } from './span-set';

const at = (ms: number): string => new Date(Date.parse('2026-11-22T02:00:00Z') + ms).toISOString();
const call = (n: number, tool_name: string, begin: number) =>
  fromApi('s', { id: `t${n}`, kind: 'tool', tool_name, summary: '', begin_seq: n, begin_at: at(begin), end_at: at(begin + 10), outcome: 'ok' });

it('puts calls behind the message before them', () => {
  const said = fromMessages(
    [
      { n: 1, role: 'user', at: at(0), text: 'go' },
      { n: 2, role: 'assistant', at: at(10), text: 'first I look' },
      { n: 3, role: 'assistant', at: at(50), text: '' },
      { n: 4, role: 'assistant', at: at(60), text: 'inner', agent_id: 'a' },
      { n: 5, role: 'assistant', at: at(100), text: 'done' },
    ],
    [call(1, 'Bash', 20), call(2, 'Bash', 55), call(3, 'Read', 70)],
  );
  expect(said.map(({ text, calls }) => [text, callNames(calls)])).toEqual([
    ['go', ''],
    ['first I look', 'Bash ×2, Read'],
    ['done', ''],
  ]);
});

it('falls back to prompts and last messages of events', () => {
  const events = [
    { ...envelope({ seq: 1, type: 'hook.user_prompt', at: 0 }), payload: { prompt: 'go' } },
    { ...envelope({ seq: 2, type: 'hook.after_agent', at: 50 }), payload: { prompt: 'go', prompt_response: 'gone' } },
    { ...envelope({ seq: 3, type: 'hook.stop_failure', at: 60, summary: 'overloaded' }), payload: {} },
  ];
  expect(fromEvents(events, []).map(({ role, text, failed }) => [role, text, failed])).toEqual([
    ['user', 'go', false],
    ['assistant', 'gone', false],
    ['assistant', 'overloaded', true],
  ]);
});

it.each([
  ['plain', [[false, 'plain']]],
  ['a\n```js\nx < y\n```\nb', [[false, 'a'], [true, 'x < y'], [false, 'b']]],
  ['````\n```\ninner\n````', [[true, '```\ninner']]],
  ['```\nno end', [[true, 'no end']]],
  ['inline ``` stays', [[false, 'inline ``` stays']]],
])('%j', (text, expected) => {
  expect(pieces(text).map(({ code, text: part }) => [code, part])).toEqual(expected);
});
