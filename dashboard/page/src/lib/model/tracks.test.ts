import { expect, it } from 'vitest';
import type { ApiSpan } from '../stream/session-api';
import { fromApi, joined, newsFrom, type WideSpan } from './span-set';
import { firstBehind, layTracks } from './tracks';

const T0 = Date.parse('2026-11-22T02:00:00Z');
let next = 1;

function span(begin: number, end: number | undefined, more: Partial<ApiSpan> = {}): WideSpan {
  const begin_seq = next++;
  return fromApi('s', {
    id: `t${begin_seq}`,
    kind: 'tool',
    summary: '',
    begin_seq,
    begin_at: new Date(T0 + begin).toISOString(),
    ...(end !== undefined && { end_at: new Date(T0 + end).toISOString(), end_seq: begin_seq + 1 }),
    outcome: end === undefined ? 'running' : 'ok',
    ...more,
  });
}

it('has lanes in the order of the tree, and rows for what overlaps', () => {
  const spans = [
    span(0, 100),
    span(50, 150),
    span(160, 200),
    span(60, 90, { agent_id: 'b' }),
    span(60, 90, { agent_id: 'a' }),
    span(40, 140, { kind: 'agent', agent_id: 'a', agent_type: 'Explore' }),
  ];
  const { lanes, rows } = layTracks(spans, [{ agent_id: 'b', parent: 'a', type: 'deep' }, { agent_id: 'a', type: 'Explore' }], T0 + 200);
  expect(lanes.map(({ label, depth, row, tracks }) => [label, depth, row, tracks.length])).toEqual([
    ['main', 0, 0, 2],
    ['Explore', 1, 2, 1],
    ['deep', 2, 3, 1],
  ]);
  expect(rows).toBe(4);
  expect(lanes[1]?.life).not.toBeNull();
});

it('survives a circle of parents', () => {
  const spans = [span(0, 10, { agent_id: 'a' }), span(0, 10, { agent_id: 'b' })];
  const { lanes } = layTracks(spans, [{ agent_id: 'a', parent: 'b', type: 'x' }, { agent_id: 'b', parent: 'a', type: 'y' }], T0);
  expect(lanes).toHaveLength(3);
});

it('places spans on the axis from 0 to 1, what is open up to now', () => {
  const { lanes } = layTracks([span(0, 100), span(100, undefined)], [], T0 + 200);
  const [track] = lanes[0]?.tracks ?? [];
  expect([...(track?.from ?? [])]).toEqual([0, 0.5]);
  expect([...(track?.to ?? [])]).toEqual([0.5, 1]);
  expect(firstBehind(track!, 0.4)).toBe(0);
  expect(firstBehind(track!, 0.6)).toBe(1);
});

it('lays out 20,000 spans without a pause that is seen', () => {
  const many = Array.from({ length: 20_000 }, (_, n) => span(n * 30, n * 30 + 200, n % 3 ? {} : { agent_id: `a${n % 7}` }));
  const { count } = layTracks(many, [], T0);
  expect(count).toBe(20_000);
});

it('reads news from before what is open, and from behind the last begin otherwise', () => {
  const [a, b, c] = [span(0, 1), span(1, undefined), span(2, 3)] as [WideSpan, WideSpan, WideSpan];
  expect(newsFrom([a, b, c])).toBe(b.startSeq - 1);
  expect(newsFrom([a, c])).toBe(c.startSeq);
  expect(newsFrom([])).toBe(0);
  const ended = { ...b, end: 5 };
  expect(joined([a, b], [ended, c]).map(({ id, end }) => [id, end !== undefined])).toEqual([[a.id, true], [b.id, true], [c.id, true]]);
});
