import { expect, it } from 'vitest';
import { axisTimes, bytes, duration, elapsed, microseconds, minuteOf, parseTime } from './format';

it('keeps fractions of a millisecond', () => {
  expect(parseTime('2026-11-22T02:00:00.123456Z') - Date.parse('2026-11-22T02:00:00.123Z')).toBeCloseTo(0.456, 2);
  expect(parseTime('nonsense')).toBeNaN();
});

it.each([
  [0, '0 ms'],
  [0.42, '0.4 ms'],
  [34, '34 ms'],
  [1_250, '1.25 s'],
  [12_340, '12.3 s'],
  [245_000, '4m 05s'],
  [7_620_000, '2h 07m'],
  [-1, ''],
])('duration of %d ms', (ms, text) => expect(duration(ms)).toBe(text));

it.each([
  [400, 'now'],
  [12_900, '12s'],
  [245_000, '4m 05s'],
  [1_500_000, '25m'],
  [7_620_000, '2h 07m'],
  [300_000_000, '3d'],
  [-5_000, 'now'],
])('elapsed after %d ms', (ms, text) => expect(elapsed(ms)).toBe(text));

it('gives three digits to microseconds and sizes', () => {
  expect([212, 4_300, 120_000].map(microseconds)).toEqual(['0.21', '4.3', '120']);
  expect([999, 12_300, 1_140_000, 2_147_483_648].map(bytes)).toEqual(['999 B', '12.3 kB', '1.1 MB', '2.1 GB']);
});

it('writes the day at an axis once, and again where the next one begins', () => {
  const at = (day: number, hour: number, second = 0): number => new Date(2026, 10, day, hour, 3, second).getTime();
  expect(axisTimes([at(4, 21), at(4, 23), at(5, 1)])).toEqual(['21:03\nWed 4 Nov', '23:03', '01:03\nThu 5 Nov']);
  expect(axisTimes([at(4, 21), at(4, 21, 30)])).toEqual(['21:03:00\nWed 4 Nov', '21:03:30']);
  expect(minuteOf(at(5, 14, 59))).toBe('Thu 5 Nov, 14:03');
});
