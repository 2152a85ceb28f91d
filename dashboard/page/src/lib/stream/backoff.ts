export const FIRST_DELAY_MS = 250;
export const MAX_DELAY_MS = 5_000;

/**
 * Wait before the next attempt: doubles from 250 ms to 5 s. Half of it is jitter, so that many open pages do not
 * come back to a restarted daemon in step.
 */
export function backoffDelay(attempt: number, random: () => number): number {
  const whole = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
  return Math.max(FIRST_DELAY_MS, Math.round(whole / 2 + (whole / 2) * random()));
}
