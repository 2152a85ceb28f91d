import { expect, it } from 'vitest';
import { post, pre, row } from './fixtures';
import type { Row } from './row';
import { SpanIndex } from './spans';
import { layOut, type Waterfall } from './timeline';

function lay(rows: Row[], options: { bySession?: boolean; now?: number } = {}): Waterfall {
  const spans = new SpanIndex();
  rows.forEach((each) => spans.add(each));
  const now = options.now ?? (rows.at(-1)?.at ?? 0) + 1_000;
  return layOut({ spans: spans.values(), rows, now, nameSession: options.bySession ? (id) => id : null, range: null });
}

it('stacks calls that overlap and reuses rows that are free', () => {
  const fall = lay([pre(1, 'a', { at: 0 }), pre(2, 'b', { at: 10 }), post(3, 'a', { at: 50 }), pre(4, 'c', { at: 60 }), post(5, 'b', { at: 90 })]);
  expect(fall.bars.map(({ row: at }) => at)).toEqual([0, 1, 0]);
  expect(fall.rows).toBe(2);
});

it('has the main agent on top, then subagents as they came', () => {
  const fall = lay([pre(1, 'x', { agent_id: 'n1', agent_type: 'Explore' }), pre(2, 'y'), pre(3, 'z', { agent_id: 'n2' })]);
  expect(fall.lanes.map(({ label }) => label)).toEqual(['main', 'Explore', 'subagent']);
});

it('has the session on top that was active last', () => {
  const fall = lay([pre(1, 'a', { session: 's1' }), post(2, 'a', { session: 's1' }), pre(3, 'b', { session: 's2' }), post(4, 'b', { session: 's2' })], { bySession: true });
  expect(fall.lanes.map(({ key }) => key)).toEqual(['s2', 's1']);
});

it('draws a running call up to now', () => {
  const start = pre(1, 'a');
  expect(lay([start], { now: start.at + 7_000 }).bars[0]?.end).toBe(start.at + 7_000);
});

it('counts waiting for a permission as idle time', () => {
  const ask = row({ seq: 2, type: 'hook.permission_request', tool_name: 'Bash', at: 200 });
  const fall = lay([pre(1, 'a', { at: 0 }), ask, post(3, 'a', { at: 3_600_000 })]);
  expect(fall.pieces.map(({ idle }) => idle)).toEqual([false, true, false]);
});
