// Frames, counted inside the page by the browser's own clock.
import type { Page } from '../../e2e/page/launch.ts';

/** A frame of a screen of 60 Hz. */
const PERIOD_MS = 1_000 / 60;
/** The browser tells times in steps of 0.1 ms: a frame that takes a period is told as 16.6 or 16.7. */
const STRICT_MS = 16.7;
/**
 * How much later than a period a frame may begin and count as on time. Without a screen a timer of the operating system
 * stands in for it, and comes late by some tenths of a millisecond; a frame that was missed comes a whole period late.
 */
export const JITTER_MS = 1;

export interface Frames {
  fps: number;
  p95: number;
  longest: number;
  /** Share of frames that began within a period and the jitter after the one before. */
  onTime: number;
  /** Share of frames that began within 16.7 ms after the one before. */
  strict: number;
  /** Pixels that the list moved by meanwhile. */
  moved: number;
}

/** Counts frames until told to stop. With `step` the list is scrolled by that many pixels in each of them. */
export async function countFrames(page: Page, ms: number, step = 0): Promise<Frames> {
  const { times, moved } = await page.evaluate(
    ([length, by]) =>
      new Promise<{ times: number[]; moved: number }>((resolve) => {
        const list = document.querySelector('[data-testid=stream]');
        const times: number[] = [];
        let moved = 0;
        let start = 0;
        let last = 0;
        const frame = (now: number): void => {
          if (start === 0) start = now;
          else times.push(now - last);
          last = now;
          if (by && list) {
            const before = list.scrollTop;
            list.scrollTop += by;
            moved += Math.abs(list.scrollTop - before);
          }
          if (now - start < length) requestAnimationFrame(frame);
          else resolve({ times, moved });
        };
        requestAnimationFrame(frame);
      }),
    [ms, step] as const,
  );
  const sorted = [...times].sort((a, b) => a - b);
  const within = (limit: number): number => times.filter((time) => time <= limit + 0.01).length / times.length;
  return {
    fps: (times.length * 1_000) / times.reduce((sum, time) => sum + time, 0),
    p95: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
    longest: sorted.at(-1) ?? Number.NaN,
    onTime: within(PERIOD_MS + JITTER_MS),
    strict: within(STRICT_MS),
    moved,
  };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const told = ({ fps, p95, longest, onTime }: Frames): string =>
  `${fps.toFixed(0)} fps, ${percent(onTime)} on time, p95 ${p95.toFixed(1)} ms, longest ${longest.toFixed(0)} ms`;

export const toldStrictly = (frames: Frames): string => `${told(frames)}; ${percent(frames.strict)} by the letter of 16.7 ms`;
