/** The page as one object: what is selected, what is loaded, and what the person does. Components read it and call it. */

import { readEvents, readSessions } from './stream/api';
import type { ConnectionState } from './stream/connection';
import type { Lot } from './stream/link';
import { WorkerLink } from './stream/worker-link';
import { agentsOf, chosenAgent, withAgent } from './model/agents';
import { unfinished } from './model/complete';
import { Feed, type Phase } from './model/feed';
import { foldsIntoCall } from './model/filter';
import type { Group } from './model/kinds';
import { ALL_VIEWS, placeUrl, readPlace, SESSION_VIEWS, START, type Place, type View } from './model/location';
import { asksForProbes, isProbe, withoutProbes } from './model/probes';
import type { Row } from './model/row';
import type { Session } from './model/sessions';
import { health } from './health.svelte';

const SEARCH_MS = 120;
/** How often counts in the list of sessions may change; a session that changes its state is shown at once. */
const SESSIONS_MS = 250;
/** A key held down while the daemon is away is no list of wishes. */
const MAX_TYPED = 50;

/** The views that have the list of events. */
const LISTED: ReadonlySet<View> = new Set(['room', 'events', 'calls', 'timeline']);

export class Page {
  place = $state.raw<Place>(START);
  /** The row that the keyboard stands on. */
  cursor = $state<number | null>(null);
  /** Grows with every change of the feed's window; reading it makes a component follow. */
  version = $state(0);
  phase = $state<Phase>('loading');
  connection = $state<ConnectionState>('reconnecting');
  /** All there are, tailhook's own checks among them. */
  #everyone = $state.raw<readonly Session[]>([]);
  readonly sessions = $derived(withoutProbes(this.#everyone));
  /** Whose sessions there are, those with the most first. */
  readonly agents = $derived(agentsOf(this.sessions));
  /** The search is about one agent: then its sessions are all that is listed. */
  readonly onlyAgent = $derived(chosenAgent(this.place.q, agentsOf(this.#everyone)));
  readonly listedSessions = $derived.by(() => {
    const only = this.onlyAgent;
    if (only !== null) return this.#everyone.filter(({ row }) => row.agent === only);
    return asksForProbes(this.place.q) ? this.#everyone.filter(({ row }) => isProbe(row.agent)) : this.sessions;
  });
  following = $state(true);
  /** Rows that came in below while the reader was further up. */
  unseen = $state(0);
  help = $state(false);
  drawer = $state(false);
  /** Counts requests to put the cursor's row, or the end, into view. */
  reveal = $state(0);
  /** Several sessions were live when all sessions were chosen: then the control room is what fits. */
  #several = $state(false);

  readonly feed: Feed;
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  #sessionsAt = 0;
  #sessionsTimer: ReturnType<typeof setTimeout> | undefined;
  /** What was typed at a list whose first page is still on its way: a hand that knows the keys is faster than any daemon. */
  #typed: (() => void)[] = [];

  constructor() {
    this.feed = new Feed({
      readEvents,
      readSessions,
      connect: (events) => new WorkerLink(events),
      changed: () => this.#changed(),
      onConnection: (state) => (this.connection = state),
    });
    this.feed.onLot = (lot) => this.#arrived(lot);
  }

  /** Attaches to the browser; the answer detaches again. */
  run(): () => void {
    this.place = readPlace(window.location.search);
    this.cursor = this.place.seq;
    this.following = this.place.seq === null;
    this.#applyFilter();
    void this.feed.start(this.#scope(), this.place.seq).then(() => {
      this.#revealCursor();
      void health.refresh();
    });
    const nudge = (): void => {
      if (document.hidden) return;
      this.feed.link.nudge();
      health.soon();
    };
    const back = (): void => this.#arriveAt(readPlace(window.location.search));
    window.addEventListener('online', nudge);
    document.addEventListener('visibilitychange', nudge);
    window.addEventListener('popstate', back);
    return () => {
      window.removeEventListener('online', nudge);
      document.removeEventListener('visibilitychange', nudge);
      window.removeEventListener('popstate', back);
      health.stop();
      this.feed.stop();
    };
  }

  get view(): View {
    const { view, session, q } = this.place;
    if (view) return view;
    return session === null && this.#several && !q ? 'room' : 'events';
  }

  get listed(): boolean {
    return LISTED.has(this.view);
  }

  get views(): readonly View[] {
    return this.place.session === null ? ALL_VIEWS : SESSION_VIEWS;
  }

  /** Grows in place: read it where it is used, a `$derived` that only hands it on would see no change. */
  get rows(): Row[] {
    void this.version;
    return this.feed.window.visible;
  }

  session(id: string | null): Session | undefined {
    void this.#everyone;
    return id === null ? undefined : this.feed.sessions.get(id);
  }

  selectSession(session: string | null): void {
    this.drawer = false;
    this.cursor = null;
    if (session === null) this.#lookAround();
    const views = session === null ? ALL_VIEWS : SESSION_VIEWS;
    const { view } = this.place;
    const stays = view === 'calls' || (view !== null && views.includes(view)) ? view : null;
    this.#go({ ...this.place, session, seq: null, path: '', view: stays }, 'push');
  }

  /** The session after, or before, the one that is selected, in the order of the list. */
  stepSession(steps: number): void {
    const sessions = this.listedSessions;
    const index = sessions.findIndex(({ id }) => id === this.place.session);
    const next = sessions[index < 0 && steps < 0 ? sessions.length - 1 : index + steps];
    this.selectSession(next?.id ?? null);
  }

  /** The next session that needs somebody. */
  nextInNeed(): void {
    const needy = this.listedSessions.filter(({ rank }) => rank === 'attention' || rank === 'turn');
    const next = needy[(needy.findIndex(({ id }) => id === this.place.session) + 1) % needy.length];
    if (next) this.selectSession(next.id);
  }

  selectView(view: View): void {
    this.#go({ ...this.place, view, seq: null }, 'push');
  }

  selectPath(path: string): void {
    this.#go({ ...this.place, path }, 'push');
  }

  search(q: string): void {
    clearTimeout(this.#searchTimer);
    if (unfinished(q)) return;
    this.#searchTimer = setTimeout(() => this.#go({ ...this.place, q: q.trim() }, 'replace'), SEARCH_MS);
  }

  /** Only what one agent did, in the list of sessions and in the stream; null: of all again. */
  chooseAgent(agent: string | null): void {
    const view = agent === null ? this.place.view : 'events';
    this.#go({ ...this.place, view, seq: null, q: withAgent(this.place.q, agent) }, 'push');
  }

  /** To a place by its address, e.g. a saved view. */
  goTo(url: string): void {
    this.#go(readPlace(new URL(url, location.origin).search), 'push');
  }

  /** Puts the cursor on a row; an open detail pane follows, and the list stays where the reader is. */
  moveTo(seq: number): void {
    this.cursor = this.#shownSeq(seq);
    this.setFollowing(false);
    this.reveal += 1;
    if (this.place.seq !== null) this.#go({ ...this.place, seq: this.#tellingSeq(seq) }, 'replace');
  }

  moveBy(steps: number): void {
    if (this.#waits(() => this.moveBy(steps))) return;
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
    if (this.listed && !this.feed.window.find(seq)) void this.feed.show(this.#scope(), seq).then(() => this.#revealCursor());
  }

  /** Opens the row that the keyboard stands on; false if it stands on none. */
  openCursor(): boolean {
    if (this.#typed.length > 0 && this.#waits(() => this.openCursor())) return true;
    if (this.cursor === null) return false;
    this.open(this.cursor);
    return true;
  }

  closeDetail(): void {
    this.#typed = [];
    if (this.place.seq !== null) this.#go({ ...this.place, seq: null }, 'push');
  }

  toEnd(): void {
    this.#typed = [];
    this.following = true;
    this.unseen = 0;
    this.cursor = null;
    this.feed.window.following = true;
    void this.feed.toEnd();
    this.reveal += 1;
  }

  /** To the first row that is loaded; what lies before it is paged in from there. */
  toStart(): void {
    if (this.#waits(() => this.toStart())) return;
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
    const { hide } = this.place;
    this.#go({ ...this.place, hide: hide.includes(group) ? hide.filter((each) => each !== group) : [...hide, group] }, 'replace');
  }

  toggleFailed(): void {
    this.#go({ ...this.place, failed: !this.place.failed }, 'replace');
  }

  clearFilters(): void {
    this.#go({ ...this.place, hide: [], failed: false, q: '' }, 'push');
  }

  /** The row that stands for an event: in the view of calls that of the call's start. */
  #shownSeq(seq: number): number {
    const row = this.view === 'calls' ? this.feed.window.find(seq) : undefined;
    return row && foldsIntoCall(row) ? (row.span?.startSeq ?? seq) : seq;
  }

  /** The event to open for a row: for a call the one that holds its result as well. */
  #tellingSeq(seq: number): number {
    const row = this.view === 'calls' ? this.feed.window.find(seq) : undefined;
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
    clearTimeout(this.#searchTimer);
    const url = placeUrl(place);
    if (url === placeUrl(this.place)) return;
    if (how === 'push') history.pushState(null, '', url);
    else history.replaceState(null, '', url);
    this.#arriveAt(place);
  }

  #arriveAt(place: Place): void {
    const before = this.place;
    const viewBefore = this.view;
    this.place = place;
    if (this.view !== viewBefore || place.failed !== before.failed || place.hide.join() !== before.hide.join()) this.#applyFilter();
    if (place.seq !== null) this.cursor = this.#shownSeq(place.seq);
    if (place.session !== before.session || place.q !== before.q) {
      this.following = place.seq === null;
      this.feed.window.following = this.following;
      this.unseen = 0;
      this.#typed = [];
      void this.feed.show(this.#scope(), place.seq).then(() => this.#revealCursor());
    }
  }

  #applyFilter(): void {
    const { feed } = this;
    const { failed, hide } = this.place;
    const hidden = new Set(hide);
    const fold = this.view === 'calls';
    feed.window.setTest(
      (row) =>
        !hidden.has(row.kind.group) &&
        (!failed || row.failed || (fold && row.span?.outcome === 'failed')) &&
        !(fold && foldsIntoCall(row)) &&
        feed.matches(row),
    );
    this.version += 1;
  }

  #arrived(lot: Lot): void {
    const last = this.feed.window.visible.length;
    const attached = this.feed.window.attached;
    this.feed.take(lot);
    if (!this.following && lot.rows.length > 0) {
      this.unseen += attached ? Math.max(0, this.feed.window.visible.length - last) : lot.rows.length;
    }
    if (this.connection === 'live') health.measure(lot.rows, this.feed.helloSeq);
    health.soon();
  }

  #changed(): void {
    const first = this.phase !== 'ready' && this.feed.phase === 'ready';
    this.phase = this.feed.phase;
    this.#showSessions();
    if (first) this.#lookAround();
    this.version += 1;
    if (this.#typed.length > 0 && this.feed.window.loaded) for (const act of this.#typed.splice(0)) act();
  }

  /** Keeps what the keyboard asked for until there are rows to do it with. */
  #waits(act: () => void): boolean {
    if (this.feed.window.loaded) return false;
    if (this.#typed.length < MAX_TYPED) this.#typed.push(act);
    return true;
  }

  forgetFilled(): void {
    this.feed.filled = 0;
    this.version += 1;
  }

  #showSessions(): void {
    const wait = this.feed.sessions.takeTurned() ? 0 : this.#sessionsAt + SESSIONS_MS - performance.now();
    if (wait <= 0) {
      clearTimeout(this.#sessionsTimer);
      this.#sessionsTimer = undefined;
      this.#sessionsAt = performance.now();
      this.#everyone = this.feed.sessions.ordered();
    } else {
      this.#sessionsTimer ??= setTimeout(() => {
        this.#sessionsTimer = undefined;
        this.#showSessions();
      }, wait);
    }
  }

  #lookAround(): void {
    this.#several = this.sessions.filter(({ rank }) => rank !== 'ended').length > 1;
  }
}

export const page = new Page();
