/** How the daemon and the page are doing: the daemon's numbers, and how long an event took to the screen. */

import { readStats } from './stream/api';
import type { Stats } from './stream/envelope';
import { LatencyMeter } from './model/latency';
import type { Row } from './model/row';

const STATS_MS = 10_000;
/** While somebody looks at the numbers. */
const WATCHED_MS = 2_000;

class Health {
  stats = $state.raw<Stats | null>(null);
  /** When the daemon that said so was started. */
  started = 0;
  screen = $state.raw<{ count: number; p50: number; p99: number } | null>(null);
  watched = false;

  readonly #meter = new LatencyMeter();
  #at = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Timed behind the frame that painted them. Replayed events are old, not slow. */
  measure(rows: readonly Row[], replayedTo: number): void {
    if (document.hidden) return;
    const times = rows.slice(-64).flatMap((row) => (row.seq > replayedTo ? [row.at] : []));
    if (times.length === 0) return;
    setTimeout(() => {
      const now = Date.now();
      for (const at of times) this.#meter.add(now - at);
    }, 0);
  }

  /** Not often, only while somebody looks, and only because something happened. */
  soon(): void {
    if (document.hidden || this.#timer !== undefined) return;
    const wait = Math.max(0, this.#at + (this.watched ? WATCHED_MS : STATS_MS) - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.refresh();
    }, wait);
  }

  async refresh(): Promise<void> {
    if (document.hidden) return;
    this.#at = Date.now();
    this.screen = this.#meter.percentiles();
    try {
      const stats = await readStats();
      this.started = Date.now() - stats.uptime_s * 1_000;
      this.stats = stats;
    } catch {
      // The connection's state says already that the daemon is away.
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

export const health = new Health();
