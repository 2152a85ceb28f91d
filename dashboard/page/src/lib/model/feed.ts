/**
 * Brings events and sessions into memory and keeps them current: the first load, then the stream, pages to either side,
 * searches, and what was missed. Knows nothing of the screen; `changed` says that there is something to draw.
 */

import { ApiError, type EventsQuery, type Page } from '../stream/api';
import { backoffDelay } from '../stream/backoff';
import type { ConnectionState } from '../stream/connection';
import type { SessionRow } from '../stream/envelope';
import type { Link, LinkEvents, Lot } from '../stream/link';
import { hidesProbes, isProbe } from './probes';
import { toRow, type Row } from './row';
import { SessionBook } from './sessions';
import { EventWindow } from './window';

export const FIRST_PAGE = 200;
const PAGE = 500;
/** Above this many missed events the page starts anew at the end; the rest is paged in when somebody scrolls there. */
const MAX_REPLAY = 20_000;
const MAX_GAP = 5_000;
/** Fewer missed events than this are not worth a word. */
const MANY_MISSED = 20;
const RETRY_PAGE_MS = 1_000;
/** How soon after live events the daemon is asked which of them the search expression takes. */
const SEARCH_TAIL_MS = 150;

export interface Scope {
  session: string | null;
  q: string;
}

export type Phase = 'loading' | 'ready' | 'signed_out';

export interface FeedOptions {
  readEvents(query: EventsQuery, signal?: AbortSignal): Promise<Page>;
  readSessions(): Promise<{ sessions: SessionRow[]; seq: number }>;
  connect(events: LinkEvents): Link;
  changed(): void;
  onConnection(state: ConnectionState): void;
  random?: () => number;
}

export class Feed {
  readonly window = new EventWindow();
  readonly sessions = new SessionBook();
  readonly link: Link;
  phase: Phase = 'loading';
  paging: 'older' | 'newer' | null = null;
  /** What the daemon says about the search expression, if it does not take it. */
  searchNote = '';
  /** Rows up to this seq came from the store, later ones live. */
  helloSeq = 0;
  /** Events that came while there was no connection, or faster than they could be taken, and were read in since. */
  filled = 0;
  /** What the daemon says of itself. */
  version = '';

  #scope: Scope = { session: null, q: '' };
  #hits = new Set<number>();
  #load = new AbortController();
  #started = false;
  /** The stream was started: everything after what was read comes by it. */
  #connected = false;
  #attempt = 0;
  #searchedTo = 0;
  #searchTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: FeedOptions) {
    this.link = options.connect({
      onLot: (lot) => this.onLot(lot),
      onGap: (from, to) => void this.#fillGap(from, to),
      onHello: (seq, since, version) => this.#onHello(seq, since, version),
      onState: options.onConnection,
      onRefused: () => void this.#askWhy(),
    });
  }

  /** Where rows of the stream arrive; the page looks at them as well. */
  onLot = (lot: Lot): void => this.take(lot);

  get scope(): Scope {
    return this.#scope;
  }

  /** True for rows that the daemon found: what an expression means is decided in one place. */
  matches = (row: Row): boolean => this.#scope.q === '' || this.searchNote !== '' || this.#hits.has(row.seq);

  /** Sessions and events are asked for at once; the stream starts where the older of both answers ends. */
  async start(scope: Scope, seq: number | null): Promise<void> {
    this.#started = true;
    this.#connected = false;
    this.#setScope(scope);
    const { signal } = this.#load;
    try {
      const [{ sessions, seq: end }, page] = await Promise.all([this.options.readSessions(), this.#readFirst()]);
      if (signal.aborted) return;
      this.#attempt = 0;
      this.sessions.clear();
      this.sessions.apply(sessions);
      this.window.clear();
      this.#connected = true;
      this.link.start(Math.min(end, page.seq));
      await this.#showFirst(page, seq);
    } catch (error) {
      if (!signal.aborted) this.#onError(error, () => this.start(this.#scope, seq));
    }
  }

  async show(scope: Scope, seq: number | null): Promise<void> {
    // Chosen while the first answers were still on their way: they are of no use any more.
    if (this.#started && !this.#connected) return this.start(scope, seq);
    const sameSession = scope.session === this.#scope.session;
    this.#setScope(scope);
    const { signal } = this.#load;
    // What was kept aside while detached was picked by the old expression.
    if (!sameSession || !this.window.attached) this.window.clear();
    this.window.refilter();
    this.options.changed();
    try {
      const page = await this.#readFirst();
      if (!signal.aborted) await this.#showFirst(page, seq);
    } catch (error) {
      this.#onError(error, () => this.show(this.#scope, seq));
    }
  }

  take({ rows, sessions }: Lot): void {
    const { session, q } = this.#scope;
    const ours = session === null ? rows.filter(this.#belongs) : rows.filter((row) => row.session === session);
    this.sessions.apply(sessions);
    if (q === '' || this.searchNote) this.window.append(ours);
    else if (ours.length > 0) this.#searchTail();
    this.options.changed();
  }

  loadOlder(): Promise<void> {
    const before = this.window.older;
    return before === null ? Promise.resolve() : this.#page('older', { before, limit: PAGE });
  }

  loadNewer(): Promise<void> {
    const since = this.window.newer;
    return since === null ? Promise.resolve() : this.#page('newer', { since, limit: PAGE });
  }

  /** Back to the newest events, wherever the window is. */
  async toEnd(): Promise<void> {
    if (!this.window.attached) await this.show(this.#scope, null);
  }

  stop(): void {
    this.#started = false;
    this.#load.abort();
    clearTimeout(this.#searchTimer);
    this.link.stop();
  }

  #setScope(scope: Scope): void {
    this.#load.abort();
    this.#load = new AbortController();
    clearTimeout(this.#searchTimer);
    this.#scope = scope;
    this.#hits = new Set();
    this.searchNote = '';
    this.paging = null;
  }

  #read(query: EventsQuery): Promise<Page> {
    const { session, q } = this.#scope;
    return this.options.readEvents(
      { ...query, session: session ?? undefined, q: this.searchNote ? undefined : q || undefined },
      this.#load.signal,
    );
  }

  /** The newest events; an expression that the daemon does not take is said to be one, and then counts as none. */
  async #readFirst(): Promise<Page> {
    try {
      return await this.#read({ limit: FIRST_PAGE });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 400 || this.#scope.q === '') throw error;
      this.searchNote = [error.message, error.hint].filter(Boolean).join(': ');
      return this.#read({ limit: FIRST_PAGE });
    }
  }

  async #showFirst(page: Page, seq: number | null): Promise<void> {
    this.#searchedTo = page.seq;
    const first = page.events[0]?.seq ?? 0;
    if (seq !== null && page.next !== null && seq < first) return this.#loadAround(seq);
    this.#found(page);
    this.window.replace(this.#withLoaded(page), page.next, null);
    this.#ready();
  }

  /** A link to one event far back: a page on either side of it. */
  async #loadAround(seq: number): Promise<void> {
    const { signal } = this.#load;
    const [older, newer] = await Promise.all([
      this.#read({ before: seq + 1, limit: FIRST_PAGE }),
      this.#read({ since: seq, limit: FIRST_PAGE }),
    ]);
    if (signal.aborted) return;
    this.#found(older);
    this.#found(newer);
    this.window.replace([...this.#rows(older), ...this.#rows(newer)], older.next, newer.next);
    this.#ready();
  }

  /** Rows that are loaded already and are known to match stay beside what the daemon found, as far back as its page goes. */
  #withLoaded(page: Page): Row[] {
    const rows = this.#rows(page);
    if (!this.window.attached || this.window.rows.length === 0) return rows;
    const found = new Set(rows.map((row) => row.seq));
    const first = page.next === null ? 0 : (page.events[0]?.seq ?? 0);
    const last = page.events[page.events.length - 1]?.seq ?? 0;
    // Without a search the page is complete; only what came live behind it is added.
    const stays = (row: Row): boolean =>
      !found.has(row.seq) && row.seq >= first && this.#belongs(row) && (this.#scope.q === '' ? row.seq > last : this.matches(row));
    return rows.concat(this.window.rows.filter(stays)).sort((a, b) => a.seq - b.seq);
  }

  /** tailhook's own checks are no work: among everybody's events they do not stand. */
  #belongs = (row: Row): boolean => !(isProbe(row.agent) && hidesProbes(this.#scope));

  #rows(page: Page): Row[] {
    return page.events.map(toRow).filter(this.#belongs);
  }

  #found(page: Page): void {
    if (this.#scope.q === '' || this.searchNote) return;
    for (const envelope of page.events) this.#hits.add(envelope.seq);
  }

  #ready(): void {
    this.phase = 'ready';
    this.options.changed();
  }

  async #page(side: 'older' | 'newer', query: EventsQuery): Promise<void> {
    if (this.paging !== null) return;
    const { signal } = this.#load;
    this.paging = side;
    try {
      const page = await this.#read(query);
      if (signal.aborted) return;
      this.#found(page);
      const rows = this.#rows(page);
      if (side === 'older') this.window.insertOlder(rows, page.next);
      else this.window.insertNewer(rows, page.next);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 401) return this.#signOut();
      // The cursor is still there and the list will ask again, but not as fast as a daemon that is away can refuse.
      await new Promise((done) => setTimeout(done, RETRY_PAGE_MS));
    } finally {
      if (!signal.aborted) this.paging = null;
      this.options.changed();
    }
  }

  async #fillGap(from: number, to: number): Promise<void> {
    this.window.missHeld(to);
    if (!this.window.attached) return;
    if (to - from >= MAX_GAP) return this.show(this.#scope, null);
    const { signal } = this.#load;
    let since = from - 1;
    for (let attempt = 0; !signal.aborted; ) {
      try {
        const page = await this.#read({ since, limit: PAGE });
        if (signal.aborted) return;
        this.#found(page);
        this.window.merge(this.#rows(page));
        this.options.changed();
        this.filled += page.events.filter(({ seq }) => seq <= to).length;
        if (page.next === null || page.next >= to) return;
        since = page.next;
      } catch {
        await new Promise((done) => setTimeout(done, backoffDelay(attempt++, Math.random)));
      }
    }
  }

  #searchTail(): void {
    if (this.#searchTimer !== undefined || this.searchNote) return;
    const { signal } = this.#load;
    this.#searchTimer = setTimeout(async () => {
      this.#searchTimer = undefined;
      if (signal.aborted || !this.window.attached) return;
      try {
        const page = await this.#read({ since: this.#searchedTo, limit: PAGE });
        if (signal.aborted) return;
        this.#searchedTo = page.next ?? page.seq;
        this.#found(page);
        this.window.merge(this.#rows(page));
        this.options.changed();
        if (page.next !== null) this.#searchTail();
      } catch {
        // The next live event asks again from the same place.
      }
    }, SEARCH_TAIL_MS);
  }

  #onHello(seq: number, since: number, version: string): void {
    this.version = version;
    this.options.changed();
    const reconnected = this.helloSeq !== 0 && this.phase === 'ready';
    this.helloSeq = seq;
    // Another store, or so much missed that nobody wants to watch it fly by.
    if (seq < since || seq - since > MAX_REPLAY) {
      this.link.stop();
      void this.start(this.#scope, null);
    } else if (reconnected) {
      if (seq - since >= MANY_MISSED) this.filled += seq - since;
      void this.options.readSessions().then(
        ({ sessions }) => this.take({ rows: [], sessions }),
        () => undefined,
      );
    }
  }

  /** A refused WebSocket carries no reason; a plain read does. */
  async #askWhy(): Promise<void> {
    try {
      await this.options.readEvents({ limit: 1 });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#signOut();
    }
  }

  #onError(error: unknown, again: () => Promise<void>): void {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    if (error instanceof ApiError && error.status === 401) return this.#signOut();
    const { signal } = this.#load;
    this.options.onConnection(this.#attempt > 4 ? 'offline' : 'reconnecting');
    const delay = backoffDelay(this.#attempt++, this.options.random ?? Math.random);
    setTimeout(() => {
      if (this.#started && !signal.aborted) void again();
    }, delay);
  }

  #signOut(): void {
    this.phase = 'signed_out';
    this.link.stop();
    this.options.onConnection('offline');
    this.options.changed();
  }
}
