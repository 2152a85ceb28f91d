/**
 * One WebSocket that is kept alive: reconnects with backoff, continues behind the last seq it handed on, and hands on
 * each seq once. Gaps that the daemon reports are read over HTTP by the owner, who is told the range.
 */

import { backoffDelay } from './backoff';
import { decodeMessage, type Envelope, type SessionRow } from './envelope';

export type ConnectionState = 'live' | 'reconnecting' | 'offline';

/** The part of a WebSocket that is used, so that tests can bring their own. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  close(): void;
}

export interface ConnectionOptions {
  open(since: number): Socket;
  onEvents(events: Envelope[]): void;
  onSessions(sessions: SessionRow[]): void;
  onGap(from: number, to: number): void;
  onHello(seq: number, since: number, version: string): void;
  onState(state: ConnectionState): void;
  /** An attempt failed before it was open: a browser does not say why, so somebody may want to look. */
  onRefused(): void;
  random?: () => number;
}

/** The daemon sends a heartbeat every 30 s; silence for longer than two of them means that nobody is there. */
const SILENCE_MS = 75_000;
/** From this attempt on the daemon counts as away rather than as restarting. */
const OFFLINE_ATTEMPT = 5;

export class Connection {
  #lastSeq = 0;
  #socket: Socket | null = null;
  #attempt = 0;
  #running = false;
  #state: ConnectionState = 'reconnecting';
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ConnectionOptions) {}

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  start(since: number): void {
    this.stop();
    this.#running = true;
    // Whoever starts anew wants to hear `live` again.
    this.#state = 'reconnecting';
    this.#lastSeq = since;
    this.#attempt = 0;
    this.#connect();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#drop();
  }

  /** Something changed that makes success likely (network back, tab shown): no waiting. */
  nudge(): void {
    if (!this.#running || this.#socket) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #connect(): void {
    const since = this.#lastSeq;
    let opened = false;
    const socket = this.options.open(since);
    this.#socket = socket;
    this.#listenForSilence();
    socket.onopen = () => {
      opened = true;
      this.#attempt = 0;
      this.#setState('live');
    };
    socket.onmessage = (event) => {
      this.#listenForSilence();
      if (typeof event.data === 'string' || event.data instanceof ArrayBuffer) this.#take(event.data, since);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#drop();
      if (!opened) this.options.onRefused();
      this.#retryLater();
    };
  }

  #retryLater(): void {
    if (!this.#running) return;
    clearTimeout(this.#silence);
    this.#setState(this.#attempt >= OFFLINE_ATTEMPT ? 'offline' : 'reconnecting');
    const delay = backoffDelay(this.#attempt, this.options.random ?? Math.random);
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#connect(), delay);
  }

  #listenForSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#drop();
      this.#retryLater();
    }, SILENCE_MS);
  }

  #take(data: string | ArrayBuffer, since: number): void {
    const batch = decodeMessage(data);
    const socket = this.#socket;
    if (batch.hello) this.options.onHello(batch.hello.seq, since, batch.hello.version);
    // The owner may have started anew because of the hello; what else this socket said is then void.
    if (this.#socket !== socket) return;
    const fresh: Envelope[] = [];
    for (const envelope of batch.events) {
      if (envelope.seq <= this.#lastSeq) continue;
      this.#lastSeq = envelope.seq;
      fresh.push(envelope);
    }
    if (fresh.length > 0) this.options.onEvents(fresh);
    if (batch.sessions.length > 0) this.options.onSessions(batch.sessions);
    for (const gap of batch.gaps) {
      // The missed events do not come again on this socket, also not after a reconnect.
      this.#lastSeq = Math.max(this.#lastSeq, gap.to);
      this.options.onGap(gap.from, gap.to);
    }
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.options.onState(state);
  }
}
