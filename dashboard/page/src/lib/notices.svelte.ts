/** Tells somebody who looks elsewhere that a session needs them. Chosen for all projects or project by project. */

import { newlyInNeed } from './model/need';
import type { Session } from './model/sessions';
import { page } from './page.svelte';
import { keep, kept, keptList } from './storage';

const KEY = 'tailhook.notices';
const QUIET_KEY = 'tailhook.notices.quiet';

class Notices {
  on = $state(kept(KEY) === 'on' && 'Notification' in globalThis && Notification.permission === 'granted');
  /** Projects that stay quiet. */
  quiet = $state.raw<readonly string[]>(keptList(QUIET_KEY));
  /** The browser was asked and said no. */
  refused = $state(false);

  #before: Map<string, string> | null = null;

  async turn(on: boolean): Promise<void> {
    if (on && 'Notification' in globalThis) {
      const answer = await Notification.requestPermission();
      this.refused = answer !== 'granted';
    }
    this.on = on && !this.refused && 'Notification' in globalThis;
    keep(KEY, this.on ? 'on' : 'off');
  }

  toggleProject(name: string): void {
    this.quiet = this.quiet.includes(name) ? this.quiet.filter((each) => each !== name) : [...this.quiet, name];
    keep(QUIET_KEY, JSON.stringify(this.quiet));
  }

  /** What is so when the page opens is no news. */
  look(sessions: readonly Session[]): void {
    const { news, now } = newlyInNeed(this.#before, sessions);
    this.#before = now;
    if (!this.on || document.hasFocus()) return;
    for (const session of news) if (!this.quiet.includes(session.name)) this.#tell(session);
  }

  #tell(session: Session): void {
    try {
      const notice = new Notification(`${session.name}: ${session.stateWord.toLowerCase()}`, {
        body: session.detail || session.title,
        tag: session.id,
        icon: '/icon.svg',
      });
      notice.onclick = () => {
        window.focus();
        page.selectSession(session.id);
        notice.close();
      };
    } catch {
      // Some browsers have the name and not the thing.
    }
  }
}

export const notices = new Notices();
