/** The page as one object: what is selected, what is loaded, and what the person does. Components read it and call it. */

import { readEvents, readSessions, readStats, queryString } from './stream/api';
import type { ConnectionState, Socket } from './stream/connection';
import type { Envelope, SessionRow, Stats } from './stream/envelope';
import { FrameBatcher } from './stream/frames';
import { Feed, type Phase } from './model/feed';
import { foldsIntoCall } from './model/filter';
import type { Group } from './model/kinds';
import { LatencyMeter } from './model/latency';
import { placeUrl, readPlace, START, type Place, type View } from './model/location';
import type { Row } from './model/row';
import type { Session } from './model/sessions';

const STATS_MS = 10_000;
const SEARCH_MS = 150;

type Arrived = { events: Envelope[] } | { sessions: SessionRow[] };

export class Page {
  place = $state.raw<Place>(START);
  /** The row that the keyboard stands on. */
  cursor = $state<number | null>(null);
  /** Grows with every change of the feed's window; reading it makes a component follow. */
  version = $state(0);
  phase = $state<Phase>('loading');
  connection = $state<ConnectionState>('reconnecting');
  sessions = $state.raw<Session[]>([]);
  stats = $state.raw<Stats | null>(null);
  screen = $state.raw<{ count: number; p50: number; p99: number } | null>(null);
  hidden = $state.raw<ReadonlySet<Group>>(new Set());
  failedOnly = $state(false);
  following = $state(true);
  /** Rows that came in below while the reader was further up. */
  unseen = $state(0);
  help = $state(false);
  drawer = $state(false);
  /** Counts requests to put the cursor's row, or the end, into view. */
  reveal = $state(0);

  readonly feed: Feed;
  readonly #meter = new LatencyMeter();
  #statsAt = 0;
  #statsTimer: ReturnType<typeof setTimeout> | undefined;
  #searchTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.feed = new Feed({
      readEvents,
      readSessions,
      open: openStream,
      changed: () => this.#changed(),
      onConnection: (state) => (this.connection = state),
    });
    const batcher = new FrameBatcher<Arrived>((items) => this.#arrived(items));
    this.feed.onEvents = (events) => batcher.push([{ events }]);
    this.feed.onSessions = (sessions) => batcher.push([{ sessions }]);
  }

  /** Attaches to the browser; the answer detaches again. */
  run(): () => void {
    this.place = readPlace(window.location.search);
    this.cursor = this.place.seq;
    this.following = this.place.seq === null;
    this.#applyFilter();
    void this.feed.start(this.#scope(), this.place.seq).then(() => this.#revealCursor());
    void this.#refreshStats();
    const nudge = (): void => {
      if (document.hidden) return;
      this.feed.connection.nudge();
      this.#statsSoon();
    };
    const back = (): void => this.#arriveAt(readPlace(window.location.search));
    window.addEventListener('online', nudge);
    document.addEventListener('visibilitychange', nudge);
    window.addEventListener('popstate', back);
    return () => {
      window.removeEventListener('online', nudge);
      document.removeEventListener('visibilitychange', nudge);
      window.removeEventListener('popstate', back);
      clearTimeout(this.#statsTimer);
      this.feed.stop();
    };
  }

  /** Grows in place: read it where it is used, a `$derived` that only hands it on would see no change. */
  get rows(): Row[] {
    void this.version;
    return this.feed.window.visible;
  }

  session(id: string | null): Session | undefined {
    void this.version;
    return id === null ? undefined : this.feed.sessions.get(id);
  }

  selectSession(session: string | null): void {
    this.drawer = false;
    this.cursor = null;
    this.#go({ ...this.place, session, seq: null }, 'push');
  }

  selectView(view: View): void {
    this.#go({ ...this.place, view }, 'push');
  }

  search(q: string): void {
    clearTimeout(this.#searchTimer);
    this.#searchTimer = setTimeout(() => this.#go({ ...this.place, q: q.trim() }, 'replace'), SEARCH_MS);
  }

  /** Puts the cursor on a row; an open detail pane follows, and the list stays where the reader is. */
  moveTo(seq: number): void {
    this.cursor = this.#shownSeq(seq);
    this.setFollowing(false);
    this.reveal += 1;
    if (this.place.seq !== null) this.#go({ ...this.place, seq: this.#tellingSeq(seq) }, 'replace');
  }

  moveBy(steps: number): void {
    const rows = this.rows;
    if (rows.length === 0) return;
    const from = this.cursor === null ? rows.length : this.feed.window.indexOf(this.cursor);
    const to = Math.min(rows.length - 1, Math.max(0, from + steps));
    const row = rows[to];
    if (row) this.moveTo(row.seq);
  }

  open(seq: number): void {
    this.cursor = this.#shownSeq(seq);
    this.setFollowing(false);
    this.reveal += 1;
    this.#go({ ...this.place, seq: this.#tellingSeq(seq) }, this.place.seq === null ? 'push' : 'replace');
    if (!this.feed.window.find(seq)) void this.feed.show(this.#scope(), seq).then(() => this.#revealCursor());
  }

  closeDetail(): void {
    if (this.place.seq !== null) this.#go({ ...this.place, seq: null }, 'push');
  }

  toEnd(): void {
    this.following = true;
    this.unseen = 0;
    this.cursor = null;
    this.feed.window.following = true;
    void this.feed.toEnd();
    this.reveal += 1;
  }

  /** To the first row that is loaded; what lies before it is paged in from there. */
  toStart(): void {
    const first = this.rows[0];
    if (first) this.moveTo(first.seq);
  }

  setFollowing(following: boolean): void {
    if (this.following === following) return;
    this.following = following;
    this.feed.window.following = following;
    if (following) this.unseen = 0;
  }

  toggleGroup(group: Group): void {
    const hidden = new Set(this.hidden);
    if (!hidden.delete(group)) hidden.add(group);
    this.hidden = hidden;
    this.#applyFilter();
  }

  toggleFailed(): void {
    this.failedOnly = !this.failedOnly;
    this.#applyFilter();
  }

  clearFilters(): void {
    this.hidden = new Set();
    this.failedOnly = false;
    this.#applyFilter();
    if (this.place.q) this.#go({ ...this.place, q: '' }, 'push');
  }

  /** The row that stands for an event: in the view of calls that of the call's start. */
  #shownSeq(seq: number): number {
    const row = this.place.view === 'calls' ? this.feed.window.find(seq) : undefined;
    return row && foldsIntoCall(row) ? (row.span?.startSeq ?? seq) : seq;
  }

  /** The event to open for a row: for a call the one that holds its result as well. */
  #tellingSeq(seq: number): number {
    const row = this.place.view === 'calls' ? this.feed.window.find(seq) : undefined;
    return row?.kind.phase === 'start' ? row.span?.endSeq || seq : seq;
  }

  #revealCursor(): void {
    if (this.place.seq !== null) this.cursor = this.#shownSeq(this.place.seq);
    this.reveal += 1;
  }

  #scope(): { session: string | null; q: string } {
    return { session: this.place.session, q: this.place.q };
  }

  #go(place: Place, how: 'push' | 'replace'): void {
    const url = placeUrl(place);
    if (url === placeUrl(this.place)) return;
    if (how === 'push') history.pushState(null, '', url);
    else history.replaceState(null, '', url);
    this.#arriveAt(place);
  }

  #arriveAt(place: Place): void {
    const before = this.place;
    this.place = place;
    if (place.view !== before.view) this.#applyFilter();
    if (place.seq !== null) this.cursor = this.#shownSeq(place.seq);
    if (place.session !== before.session || place.q !== before.q) {
      this.following = place.seq === null;
      this.feed.window.following = this.following;
      this.unseen = 0;
      void this.feed.show(this.#scope(), place.seq).then(() => this.#revealCursor());
    }
  }

  #applyFilter(): void {
    const { hidden, failedOnly, feed } = this;
    const fold = this.place.view === 'calls';
    feed.window.setTest(
      (row) =>
        !hidden.has(row.kind.group) &&
        (!failedOnly || row.failed || (fold && row.span?.outcome === 'failed')) &&
        !(fold && foldsIntoCall(row)) &&
        feed.matches(row),
    );
    this.version += 1;
  }

  #arrived(items: readonly Arrived[]): void {
    const events = items.flatMap((item) => ('events' in item ? item.events : []));
    const sessions = items.flatMap((item) => ('sessions' in item ? item.sessions : []));
    const last = this.feed.window.visible.length;
    const attached = this.feed.window.attached;
    this.feed.take(events, sessions);
    if (!this.following && events.length > 0) {
      this.unseen += attached ? Math.max(0, this.feed.window.visible.length - last) : events.length;
    }
    this.#measure(events);
    this.#statsSoon();
  }

  /** Timed behind the frame that painted them. Replayed events are old, not slow. */
  #measure(events: readonly Envelope[]): void {
    if (document.hidden || this.connection !== 'live') return;
    const live = events.filter((event) => event.seq > this.feed.helloSeq).slice(-64);
    if (live.length === 0) return;
    setTimeout(() => {
      const now = Date.now();
      for (const event of live) this.#meter.add(now - Date.parse(event.timestamp));
    }, 0);
  }

  #changed(): void {
    this.phase = this.feed.phase;
    this.sessions = this.feed.sessions.ordered();
    this.version += 1;
  }

  /** At most every ten seconds, only while somebody looks, and only because something happened. */
  #statsSoon(): void {
    if (document.hidden || this.#statsTimer !== undefined) return;
    const wait = Math.max(0, this.#statsAt + STATS_MS - Date.now());
    this.#statsTimer = setTimeout(() => {
      this.#statsTimer = undefined;
      void this.#refreshStats();
    }, wait);
  }

  async #refreshStats(): Promise<void> {
    if (document.hidden) return;
    this.#statsAt = Date.now();
    this.screen = this.#meter.percentiles();
    try {
      this.stats = await readStats();
    } catch {
      // The connection's state says already that the daemon is away.
    }
  }
}

function openStream(since: number): Socket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const query = queryString({ since, sessions: true });
  return new WebSocket(`${scheme}://${location.host}/api/v1/stream${query}`, 'tailhook.v1.json') as unknown as Socket;
}

export const page = new Page();
