/** What waits in the worker until the page has shown the lot before. Bounded: what is forgotten is told as a gap. */

import type { Row } from '../model/row';
import type { ConnectionState } from './connection';
import type { SessionRow } from './envelope';
import type { FromWorker } from './link';

export const MAX_WAITING = 10_000;

export class Outbox {
  #rows: Row[] = [];
  readonly #sessions = new Map<string, SessionRow>();
  #gaps: { from: number; to: number }[] = [];
  #hello: FromWorker['hello'];
  #state: ConnectionState | undefined;
  #refused = false;
  #ready = true;
  #run = 0;

  constructor(
    private readonly post: (message: FromWorker) => void,
    private readonly limit = MAX_WAITING,
  ) {}

  restart(run: number): void {
    this.#run = run;
    this.#rows = [];
    this.#sessions.clear();
    this.#gaps = [];
    this.#hello = undefined;
    this.#state = undefined;
    this.#refused = false;
    this.#ready = true;
  }

  rows(rows: readonly Row[]): void {
    for (const row of rows) this.#rows.push(row);
    const excess = this.#rows.length - this.limit;
    if (excess > 0) {
      const gone = this.#rows.splice(0, excess);
      this.gap(gone[0]?.seq ?? 0, gone[excess - 1]?.seq ?? 0);
    }
    this.#send();
  }

  /** Only the latest news of a session matters. */
  sessions(rows: readonly SessionRow[]): void {
    for (const row of rows) this.#sessions.set(row.session_id, row);
    this.#send();
  }

  /** Gaps that follow each other are one. */
  gap(from: number, to: number): void {
    const last = this.#gaps[this.#gaps.length - 1];
    if (last && last.from <= from) last.to = Math.max(last.to, to);
    else this.#gaps.push({ from, to });
    this.#send();
  }

  hello(seq: number, since: number, version: string): void {
    this.#hello = { seq, since, version };
    this.#send();
  }

  state(state: ConnectionState): void {
    this.#state = state;
    this.#send();
  }

  refused(): void {
    this.#refused = true;
    this.#send();
  }

  more(): void {
    this.#ready = true;
    this.#send();
  }

  #send(): void {
    const nothing = this.#rows.length === 0 && this.#sessions.size === 0 && this.#gaps.length === 0;
    if (!this.#ready || (nothing && !this.#hello && !this.#state && !this.#refused)) return;
    const message: FromWorker = { run: this.#run, rows: this.#rows, sessions: [...this.#sessions.values()], gaps: this.#gaps };
    if (this.#hello) message.hello = this.#hello;
    if (this.#state) message.state = this.#state;
    if (this.#refused) message.refused = true;
    const run = this.#run;
    this.restart(run);
    this.#ready = false;
    this.post(message);
  }
}
