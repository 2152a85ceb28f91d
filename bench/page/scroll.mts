// Scrolling through a very long session, and through a list that a browser has whole.
import type { Page } from '../../e2e/page/launch.ts';
import { count } from './bench.mts';
import type { Bench } from './bench.mts';
import { countFrames, toldStrictly } from './frames.mts';
import { standing } from './load.mts';

/** Fifteen rows in each frame: nobody scrolls faster and reads. */
const STEP_PX = -400;
const ROW_PX = 26;
const FOR_MS = 6_000;

/** A plain list of as many rows as are passed, all of them elements, no script: what this machine can scroll at all. */
export async function control({ empty, note }: Bench): Promise<void> {
  const { page, close } = await empty();
  const rows = Math.ceil((FOR_MS / 1_000) * 62 * (-STEP_PX / ROW_PX));
  await page.evaluate(
    ([total, height]) => {
      document.body.replaceChildren();
      document.body.style.margin = '0';
      const list = document.createElement('div');
      list.dataset['testid'] = 'stream';
      list.style.cssText = `height: 100vh; overflow-y: scroll; font: 13px system-ui`;
      for (let n = 0; n < total; n++) {
        const row = document.createElement('div');
        row.style.height = `${height}px`;
        row.textContent = `10:00:00.${n} Bash cargo test -p shop --test case_${n}`;
        list.append(row);
      }
      document.body.append(list);
      list.scrollTop = list.scrollHeight;
    },
    [rows, ROW_PX] as const,
  );
  await page.waitForTimeout(1_000);
  await passed(note, page, 'scrolling up through a plain list', 'control');
  await close();
}

export async function scroll(bench: Bench, page: Page): Promise<void> {
  await page.waitForTimeout(1_000);
  await passed(bench.note, page, 'scrolling up through it', '95 % under 16.7 ms');
  await standing(bench, page);
}

async function passed(note: Bench['note'], page: Page, what: string, goal: string): Promise<void> {
  const frames = await countFrames(page, FOR_MS, STEP_PX);
  note(`${what}, ${count(Math.round(frames.moved / ROW_PX))} rows in ${FOR_MS / 1_000} s`, toldStrictly(frames), goal);
}
