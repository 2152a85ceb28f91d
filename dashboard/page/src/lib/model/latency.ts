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
