/** The page's end of the worker. */

import { adopt } from '../model/row';
import type { FromWorker, Link, LinkEvents, ToWorker } from './link';

/** A hidden tab gets no frames. */
const HIDDEN_MS = 250;

export class WorkerLink implements Link {
  lastSeq = 0;
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'tailhook stream' });
  #run = 0;
  #waiting: FromWorker | null = null;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: LinkEvents) {
    this.#worker.onmessage = (event: MessageEvent<FromWorker>) => this.#take(event.data);
  }

  start(since: number): void {
    this.#forget();
    this.#run += 1;
    this.lastSeq = since;
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.#say({ do: 'start', run: this.#run, since, address: `${scheme}://${location.host}/api/v1/stream?sessions=true` });
  }

  stop(): void {
    this.#forget();
    this.#run += 1;
    this.#say({ do: 'stop' });
  }

  nudge(): void {
    this.#say({ do: 'nudge' });
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #forget(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#waiting = null;
  }

  /** The state at once; what is to be drawn with the next frame, or with a timer where there are no frames. */
  #take(message: FromWorker): void {
    if (message.run !== this.#run) return;
    if (message.state) this.events.onState(message.state);
    if (message.refused) this.events.onRefused();
    if (message.hello) this.events.onHello(message.hello.seq, message.hello.since, message.hello.version);
    // What was just said may have led to a new start.
    if (message.run !== this.#run) return;
    this.#waiting = message;
    this.#frame = requestAnimationFrame(() => this.#flush());
    this.#timer = setTimeout(() => this.#flush(), HIDDEN_MS);
  }

  #flush(): void {
    const message = this.#waiting;
    this.#forget();
    if (!message) return;
    this.#say({ do: 'more' });
    if (message.rows.length > 0 || message.sessions.length > 0) {
      this.lastSeq = message.rows[message.rows.length - 1]?.seq ?? this.lastSeq;
      this.events.onLot({ rows: message.rows.map(adopt), sessions: message.sessions });
    }
    for (const gap of message.gaps) {
      this.lastSeq = Math.max(this.lastSeq, gap.to);
      this.events.onGap(gap.from, gap.to);
    }
  }
}
