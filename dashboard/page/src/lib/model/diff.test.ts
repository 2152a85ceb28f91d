import { expect, it } from 'vitest';
import { diffLines } from './diff';

const show = (before: string, after: string): string[] => diffLines(before, after).map(({ sign, text }) => sign + text);

it('shows what changed between what stayed', () => {
  expect(show('a\nb\nc', 'a\nB\nc')).toEqual([' a', '-b', '+B', ' c']);
});

it('shows a new and an emptied text', () => {
  expect(show('', 'a\nb')).toEqual(['+a', '+b']);
  expect(show('a', '')).toEqual(['-a']);
  expect(show('a', 'a')).toEqual(['~1']);
});

it('leaves out what is far from a change', () => {
  const long = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  expect(show(long.join('\n'), [...long.slice(0, 19), 'new'].join('\n'))).toEqual([
    '~16', ' line 16', ' line 17', ' line 18', '-line 19', '+new',
  ]);
});

it('is quick with texts that have nothing in common', () => {
  const lines = (word: string): string => Array.from({ length: 20_000 }, (_, index) => word + index).join('\n');
  const started = performance.now();
  expect(diffLines(lines('a'), lines('b'))).toHaveLength(40_000);
  expect(performance.now() - started).toBeLessThan(1_000);
});
