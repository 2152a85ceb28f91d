// The dashboard as a person uses it, by the names that stay: data-testid and its companions.
import { expect } from '@playwright/test';
import type { ConsoleMessage, Locator, Page } from '@playwright/test';
import type { Daemon } from '../tailhook/daemon.ts';

/** What a browser itself reports when a server is gone; no page can keep it from doing so. */
const CONNECTION_ERROR =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection to .* failed/;

export class Dashboard {
  readonly connection: Locator;
  readonly stream: Locator;
  readonly rows: Locator;
  readonly sessions: Locator;
  readonly detail: Locator;
  private readonly errors: string[] = [];

  private constructor(readonly page: Page) {
    this.connection = page.getByTestId('connection');
    this.stream = page.getByTestId('stream');
    this.rows = page.getByTestId('event-row');
    this.sessions = page.getByTestId('session-item');
    this.detail = page.getByTestId('event-detail');
    page.on('console', (message) => this.take(message));
    page.on('pageerror', (error) => this.errors.push(`uncaught: ${error.stack ?? error.message}`));
    page.on('dialog', (dialog) => {
      this.errors.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  /** Logs in with the URL that `tailhook open` prints, and waits until the page is live. */
  static async open(page: Page, daemon: Daemon): Promise<Dashboard> {
    const dashboard = new Dashboard(page);
    await page.goto((await daemon.command(['open', '--print'])).trim());
    await dashboard.expectState('live');
    return dashboard;
  }

  async expectState(state: 'live' | 'reconnecting' | 'offline'): Promise<void> {
    await expect(this.connection).toHaveAttribute('data-state', state);
  }

  row(seq: number): Locator {
    return this.page.locator(`[data-testid="event-row"][data-seq="${seq}"]`);
  }

  session(id: string): Locator {
    return this.page.locator(`[data-testid="session-item"][data-session="${id}"]`);
  }

  /** The highest seq on the screen: live events arrive at the end the page follows. */
  async newestSeq(): Promise<number> {
    return Math.max(
      0,
      ...(await this.rows.evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-seq'))))),
    );
  }

  /** Scrolls the virtual list from one end to the other: the seqs in order, as a reader would have met them. */
  async sweep(): Promise<number[]> {
    return this.stream.evaluate(async (list) => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const met = new Map<number, number>();
      const origin = () => list.getBoundingClientRect().top - list.scrollTop;
      for (let top = 0; ; top += Math.max(50, list.clientHeight / 2)) {
        list.scrollTop = top;
        // One frame to scroll, one to render what came into view.
        await frame();
        await frame();
        const here = new Set<number>();
        for (const row of list.querySelectorAll('[data-testid=event-row]')) {
          const seq = Number(row.getAttribute('data-seq'));
          if (here.has(seq)) throw new Error(`event ${seq} stands twice in the list`);
          here.add(seq);
          met.set(seq, row.getBoundingClientRect().top - origin());
        }
        if (top + list.clientHeight >= list.scrollHeight) break;
      }
      return [...met].sort(([, a], [, b]) => a - b).map(([seq]) => seq);
    });
  }

  /** The whole list shows each of these events once, in order of `seq` (newest first or last). */
  async expectEvents(seqs: number[]): Promise<void> {
    await expect
      .poll(
        async () => {
          const met = await this.sweep();
          return met.length > 1 && met[0]! > met.at(-1)! ? met.reverse() : met;
        },
        { message: 'events in the list', intervals: [250, 500, 1000] },
      )
      .toEqual(seqs);
  }

  /** Console errors and uncaught exceptions; those about a lost connection only where an outage was part of the spec. */
  problems({ outage = false } = {}): string[] {
    return this.errors.filter((text) => !(outage && CONNECTION_ERROR.test(text)));
  }

  private take(message: ConsoleMessage): void {
    if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`);
  }
}
