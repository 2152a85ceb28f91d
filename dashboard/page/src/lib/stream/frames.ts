/**
 * Gathers what comes in and hands it on once per animation frame. A hidden tab gets no frames, so a timer runs as well;
 * whichever is first wins. This is no debounce: under constant load it still flushes every frame.
 */
export class FrameBatcher<T> {
  #pending: T[] = [];
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly flushed: (items: T[]) => void,
    private readonly hiddenDelayMs = 250,
  ) {}

  push(items: readonly T[]): void {
    if (items.length === 0) return;
    // Not push(...items): a catch-up batch can hold more items than a call may have arguments.
    for (const item of items) this.#pending.push(item);
    if (this.#timer !== undefined) return;
    this.#frame = requestAnimationFrame(() => this.flush());
    this.#timer = setTimeout(() => this.flush(), this.hiddenDelayMs);
  }

  flush(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#pending;
    if (items.length === 0) return;
    this.#pending = [];
    this.flushed(items);
  }

  clear(): void {
    this.#pending = [];
  }
}
