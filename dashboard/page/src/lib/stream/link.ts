/**
 * The stream as the page sees it: a worker keeps the connection and decodes, the page gets rows ready to show, once per
 * animation frame. The worker sends the next lot when the last one is on the screen, so that a page that is slow is handed
 * larger lots and never a queue of them.
 */

import type { Row } from '../model/row';
import type { ConnectionState } from './connection';
import type { SessionRow } from './envelope';

export interface Lot {
  rows: Row[];
  sessions: SessionRow[];
}

export interface LinkEvents {
  onLot(lot: Lot): void;
  onGap(from: number, to: number): void;
  onHello(seq: number, since: number, version: string): void;
  onState(state: ConnectionState): void;
  /** An attempt failed before it was open: a browser does not say why, so somebody may want to look. */
  onRefused(): void;
}

export interface Link {
  readonly lastSeq: number;
  start(since: number): void;
  stop(): void;
  nudge(): void;
}

/** What the page says to the worker. `run` counts starts: what belongs to an earlier one is void. */
export type ToWorker =
  | { do: 'start'; run: number; since: number; address: string }
  | { do: 'stop' }
  | { do: 'nudge' }
  /** The last lot is on the screen. */
  | { do: 'more' };

/** What the worker says. */
export interface FromWorker extends Lot {
  run: number;
  state?: ConnectionState;
  refused?: true;
  hello?: { seq: number; since: number; version: string };
  gaps: { from: number; to: number }[];
}
