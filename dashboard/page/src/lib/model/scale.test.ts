import { expect, it } from 'vitest';
import { position, tickStep, timeAt, timePieces } from './scale';

const HOUR = 3_600_000;

it('has no pieces without activity', () => {
  expect(timePieces([])).toEqual([]);
});

it('shrinks an hour of nothing', () => {
  const pieces = timePieces([{ start: 0, end: 10_000 }, { start: HOUR, end: HOUR + 10_000 }]);
  expect(pieces.map(({ idle }) => idle)).toEqual([false, true, false]);
  expect(position(pieces, 10_000)).toBeGreaterThan(0.45);
  expect(position(pieces, HOUR) - position(pieces, 10_000)).toBeLessThan(0.05);
  expect(pieces.at(-1)?.to).toBeCloseTo(1);
});

it('keeps a short pause as it is', () => {
  expect(timePieces([{ start: 0, end: 10_000 }, { start: 12_000, end: 20_000 }])).toHaveLength(1);
});

it('goes there and back', () => {
  const pieces = timePieces([{ start: 0, end: 5_000 }, { start: HOUR, end: HOUR + 800 }, { start: HOUR * 3, end: HOUR * 3 }]);
  for (const at of [0, 1_234, 5_000, HOUR + 400, HOUR * 2]) expect(timeAt(pieces, position(pieces, at))).toBeCloseTo(at, 3);
});

it('stays in order and within its bounds with very many pauses', () => {
  const pieces = timePieces(Array.from({ length: 200 }, (_, index) => ({ start: index * HOUR, end: index * HOUR + 1_000 })));
  for (const [index, piece] of pieces.entries()) {
    expect(piece.to).toBeGreaterThanOrEqual(piece.from);
    if (index > 0) expect(piece.from).toBeCloseTo(pieces[index - 1]?.to ?? 0);
  }
  expect(pieces.at(-1)?.to).toBeCloseTo(1);
});

it('marks round times far enough apart', () => {
  expect(tickStep(10, 90)).toBe(1_000);
  expect(tickStep(1e9, 90)).toBe(86_400_000);
});
