import type { HalfHour, Kept } from '../stream/envelope';
import { bytes, minuteOf } from './format';

/** The page's own part of the way: from the hook's timestamp to the painted row. */
export class LatencyMeter {
  readonly #samples: number[] = [];
  #next = 0;

  constructor(private readonly capacity = 512) {}

  add(ms: number): void {
    // A clock that was set, or an event that was replayed late: not a latency.
    if (!(ms >= 0 && ms < 60_000)) return;
    this.#samples[this.#next] = ms;
    this.#next = (this.#next + 1) % this.capacity;
  }

  /** Null without samples. */
  percentiles(): { count: number; p50: number; p99: number } | null {
    const sorted = [...this.#samples].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return sorted.length === 0 ? null : { count: sorted.length, p50: at(0.5), p99: at(0.99) };
  }
}

export interface Today {
  /** How often hooks of ours ran, and all of their time in milliseconds. */
  hooks: number;
  ms: number;
  /** The daemon has not been there all day: since when it counts; null: since midnight. */
  since: number | null;
}

/** What agents waited for tailhook's hooks since midnight, where the reader lives. */
export function spentToday(halfHours: readonly HalfHour[], started: number, now: number): Today {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const today = halfHours.filter(({ at }) => Date.parse(at) >= midnight);
  return {
    hooks: today.reduce((sum, { hooks }) => sum + hooks, 0),
    ms: today.reduce((sum, { hook_us }) => sum + hook_us, 0) / 1_000,
    since: started > midnight ? started : null,
  };
}

/** `41.0 MB since Sun 22 Nov, 02:05; what is older than 30 days or beyond 2.1 GB is removed`. */
export function keptText({ since, bytes: size, max_days, max_bytes }: Kept): string {
  const limits = [max_days === null ? '' : `older than ${max_days} days`, max_bytes === null ? '' : `beyond ${bytes(max_bytes)}`].filter(Boolean);
  const goes = limits.length === 0 ? 'nothing is removed' : `what is ${limits.join(' or ')} is removed`;
  return `${bytes(size)}${since === null ? '' : ` since ${minuteOf(Date.parse(since))}`}; ${goes}`;
}
