import { expect, it } from 'vitest';
import type { ApiSpan } from '../stream/session-api';
import { fromApi } from './span-set';
import { slowestCalls, toolTable } from './tool-table';

const at = (ms: number): string => new Date(Date.parse('2026-11-22T02:00:00Z') + ms).toISOString();
const call = (n: number, tool_name: string, took: number, more: Partial<ApiSpan> = {}) =>
  fromApi('s', { id: `t${n}`, kind: 'tool', tool_name, summary: '', begin_seq: n, begin_at: at(0), end_at: at(took), outcome: 'ok', ...more });

const spans = [
  ...Array.from({ length: 100 }, (_, n) => call(n + 1, 'Bash', n + 1)),
  call(201, 'Read', 5),
  call(202, 'Read', 7, { outcome: 'failed' }),
  call(203, 'Edit', 9_000, { asked_at: at(10), answered_at: at(8_910) }),
  fromApi('s', { id: 'open', kind: 'tool', tool_name: 'Read', summary: '', begin_seq: 204, begin_at: at(0), outcome: 'running' }),
  call(205, 'Turn', 99_999, { kind: 'turn' }),
];

it('counts calls, failures and times by tool, the most time first', () => {
  expect(toolTable(spans).map(({ tool, calls, failures, open, p50, p99, waited }) => [tool, calls, failures, open, p50, p99, waited])).toEqual([
    ['Bash', 100, 0, 0, 51, 100, 0],
    ['Edit', 1, 0, 0, 100, 100, 8_900],
    ['Read', 3, 1, 1, 7, 7, 0],
  ]);
});

it('knows the slowest calls, without the wait for a person', () => {
  expect(slowestCalls(spans, 2).map(({ ms }) => ms)).toEqual([100, 100]);
});
