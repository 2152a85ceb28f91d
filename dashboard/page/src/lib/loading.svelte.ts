/** Reads something from the daemon when a view opens, and again when events came: at most once a second, and only while shown. */

import { page } from './page.svelte';

const AGAIN_MS = 1_000;

export class Loading<T> {
  value = $state.raw<T | null>(null);
  /** Read once, whatever came of it: until then a view says nothing. */
  done = $state(false);
  failed = $state(false);

  #abort = new AbortController();
  #at = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #key: unknown;

  /** Call it where effects may be made. `key` names what is read: another one starts anew. `renew` false: read once. */
  constructor(key: () => unknown, read: (signal: AbortSignal, before: T | null) => Promise<T | null>, renew = true) {
    $effect(() => {
      const now = key();
      if (now !== this.#key) this.#restart(now);
      if (renew) void page.version;
      if (this.#timer !== undefined || (this.#at > 0 && !renew)) return;
      const wait = this.#at === 0 ? 0 : Math.max(0, this.#at + AGAIN_MS - Date.now());
      this.#timer = setTimeout(() => void this.#read(read), wait);
    });
    $effect(() => () => this.#restart(undefined));
  }

  #restart(key: unknown): void {
    this.#key = key;
    this.#abort.abort();
    this.#abort = new AbortController();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#at = 0;
    this.value = null;
    this.done = this.failed = false;
  }

  async #read(read: (signal: AbortSignal, before: T | null) => Promise<T | null>): Promise<void> {
    const { signal } = this.#abort;
    this.#at = Date.now();
    try {
      const value = await read(signal, this.value);
      if (signal.aborted) return;
      this.value = value;
      this.failed = false;
    } catch {
      if (signal.aborted) return;
      this.failed = true;
    }
    this.done = true;
    this.#at = Date.now();
    this.#timer = undefined;
  }
}
