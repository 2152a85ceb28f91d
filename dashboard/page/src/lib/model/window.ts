/**
 * The part of a session's (or everybody's) events that is in memory: one stretch without holes, ascending by seq. It grows
 * at the end by live events and at either side by pages from the daemon, and gives up its far side above the limit, so that
 * memory is bounded and everything stays reachable.
 */

import type { Test } from './filter';
import type { Row } from './row';
import { SpanIndex } from './spans';

export const MAX_ROWS = 20_000;
/** Live rows kept aside while the end of the stretch is not the end of the stream. */
const MAX_HELD = 2_000;
/** Trimming moves the whole array: not for every single row. */
const TRIM_SLACK = 2_000;

const all: Test = () => true;

export class EventWindow {
  rows: Row[] = [];
  /** The rows that pass the filter. */
  visible: Row[] = [];
  spans = new SpanIndex();
  /** Cursor for the page before the first row; null at the beginning of everything. */
  older: number | null = null;
  /** Cursor for the page behind the last row; null where live events continue it. */
  newer: number | null = 0;
  /** The first page is there, even if nothing was on it. */
  loaded = false;
  /** The reader is at the end: rows may go at the beginning, not here. */
  following = true;

  #test: Test = all;
  #held: Row[] = [];
  #droppedHeld = 0;

  constructor(private readonly limit = MAX_ROWS) {}

  get attached(): boolean {
    return this.newer === null;
  }

  get lastSeq(): number {
    return this.rows[this.rows.length - 1]?.seq ?? 0;
  }

  setTest(test: Test): void {
    this.#test = test;
    this.refilter();
  }

  refilter(): void {
    this.visible = this.rows.filter(this.#test);
  }

  /** Starts anew, e.g. for another session; live rows are kept aside until the first page is there. */
  clear(): void {
    this.rows = [];
    this.visible = [];
    this.spans = new SpanIndex();
    this.older = null;
    this.newer = 0;
    this.loaded = false;
    this.#held = [];
    this.#droppedHeld = 0;
  }

  /** The first page. `newer` null: it goes up to the newest event there was. */
  replace(rows: Row[], older: number | null, newer: number | null): void {
    this.rows = rows;
    this.older = older;
    this.newer = newer;
    this.loaded = true;
    if (newer === null) this.#attach();
    this.#reindex();
  }

  /** Live rows, ascending. Returns how many were shown. */
  append(rows: readonly Row[]): number {
    if (!this.attached) {
      this.#hold(rows);
      return 0;
    }
    const before = this.visible.length;
    const late = rows.length > 0 && (rows[0]?.seq ?? 0) <= this.lastSeq;
    if (late) {
      this.merge(rows);
    } else {
      let refilter = false;
      for (const row of rows) {
        this.rows.push(row);
        this.spans.add(row);
        // Its end overtook it, and stands in the list as if it had no start.
        refilter ||= row.kind.phase === 'start' && row.span !== undefined && row.span.endSeq !== 0;
        if (this.#test(row)) this.visible.push(row);
      }
      if (refilter) this.refilter();
    }
    const added = this.visible.length - before;
    this.#trim(this.following ? 'start' : 'end');
    return added;
  }

  /** Rows from anywhere, e.g. those of a gap; what is already there is left alone. */
  merge(rows: readonly Row[]): void {
    const merged: Row[] = [];
    const known = this.rows;
    const first = this.older === null ? 0 : (known[0]?.seq ?? 0);
    const last = this.attached ? Number.POSITIVE_INFINITY : this.lastSeq;
    let index = 0;
    for (const row of [...rows].sort((a, b) => a.seq - b.seq)) {
      // Beyond the stretch it would make a hole; there it comes with its page.
      if (row.seq < first || row.seq > last) continue;
      for (let next = known[index]; next && next.seq < row.seq; next = known[++index]) merged.push(next);
      if (known[index]?.seq !== row.seq && merged[merged.length - 1]?.seq !== row.seq) merged.push(row);
    }
    for (; index < known.length; index++) merged.push(known[index] as Row);
    this.rows = merged;
    this.#reindex();
  }

  insertOlder(rows: Row[], next: number | null): void {
    const first = this.rows[0]?.seq ?? Number.POSITIVE_INFINITY;
    this.rows = rows.filter((row) => row.seq < first).concat(this.rows);
    this.older = next;
    this.#reindex();
    this.#trim('end');
  }

  insertNewer(rows: Row[], next: number | null): void {
    const last = this.lastSeq;
    this.rows = this.rows.concat(rows.filter((row) => row.seq > last));
    this.newer = next;
    if (next === null) this.#attach();
    this.#reindex();
    this.#trim('start');
  }

  /** Live events up to this seq were missed: what was kept aside has a hole. */
  missHeld(to: number): void {
    if (!this.attached) this.#droppedHeld = Math.max(this.#droppedHeld, to);
  }

  /** Index in `visible` of the first row with this seq or a later one. */
  indexOf(seq: number): number {
    let low = 0;
    let high = this.visible.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.visible[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(seq: number): Row | undefined {
    return this.rows.find((row) => row.seq === seq);
  }

  #hold(rows: readonly Row[]): void {
    for (const row of rows) this.#held.push(row);
    if (this.#held.length <= MAX_HELD) return;
    const gone = this.#held.splice(0, this.#held.length - MAX_HELD);
    this.#droppedHeld = gone[gone.length - 1]?.seq ?? 0;
  }

  /** The stretch reached the end: continues it with the live rows that came meanwhile. */
  #attach(): void {
    const last = this.lastSeq;
    if (this.#droppedHeld > last) {
      this.newer = last;
      return;
    }
    this.newer = null;
    this.rows = this.rows.concat(this.#held.filter((row) => row.seq > last));
    this.#held = [];
    this.#droppedHeld = 0;
  }

  #reindex(): void {
    this.spans = new SpanIndex();
    for (const row of this.rows) {
      row.span = undefined;
      this.spans.add(row);
    }
    this.refilter();
  }

  #trim(side: 'start' | 'end'): void {
    const excess = this.rows.length - this.limit;
    if (excess <= (this.limit < TRIM_SLACK * 2 ? 0 : TRIM_SLACK)) return;
    if (side === 'start') {
      this.rows = this.rows.slice(excess);
      this.older = this.rows[0]?.seq ?? null;
    } else {
      this.rows = this.rows.slice(0, this.limit);
      this.newer = this.lastSeq;
    }
    this.#reindex();
  }
}
