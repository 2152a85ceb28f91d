// What is measured inside the page, with the page's own clock.
import type { Page } from '../../e2e/page/launch.ts';

/** Runs in the browser before the page's script: notes when the first row was painted, and when each row was. */
export function probe(): void {
  const noted = { first: 0, seen: new Map<number, number>() };
  Object.assign(window, { noted });
  const painted = (then: () => void): void =>
    void requestAnimationFrame(() => {
      // Behind the frame that paints: a message comes after it.
      const channel = new MessageChannel();
      channel.port1.onmessage = then;
      channel.port2.postMessage(0);
    });
  const look = (): void => {
    const list = document.querySelector('[data-testid=stream]');
    if (!list) return void requestAnimationFrame(look);
    let newest = 0;
    const changed = (): void => {
      const rows = list.querySelectorAll('[data-testid=event-row]');
      const seqs: number[] = [];
      for (let at = rows.length - 1; at >= 0; at--) {
        const seq = Number(rows[at]?.getAttribute('data-seq'));
        if (seq <= newest) break;
        seqs.push(seq);
      }
      if (seqs.length === 0) return;
      newest = seqs[0] ?? newest;
      // The list changes in a frame callback, so that frame is still to be painted.
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        noted.first ||= performance.now();
        for (const seq of seqs) noted.seen.set(seq, performance.timeOrigin + performance.now());
        // What is measured here is the page's memory, not this list's.
        for (const old of noted.seen.keys()) {
          if (noted.seen.size <= 5_000) break;
          noted.seen.delete(old);
        }
      };
      channel.port2.postMessage(0);
    };
    new MutationObserver(changed).observe(list, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-seq'] });
    painted(changed);
  };
  look();
}

/** Bytes that are in use: after a collection, and as they stand. */
export async function heap(page: Page): Promise<{ kept: number; standing: number }> {
  const cdp = await page.context().newCDPSession(page);
  const standing = ((await cdp.send('Runtime.getHeapUsage')) as { usedSize: number }).usedSize;
  await cdp.send('HeapProfiler.collectGarbage');
  const kept = ((await cdp.send('Runtime.getHeapUsage')) as { usedSize: number }).usedSize;
  await cdp.detach();
  return { kept, standing };
}

export const nodes = (page: Page): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length);

export async function firstRow(page: Page, url: string): Promise<{ first: number; interactive: number }> {
  await page.goto(url);
  await page.waitForFunction(() => (window as unknown as { noted: { first: number } }).noted.first > 0);
  const interactive = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const wait = (): void => {
          const live = document.querySelector('[data-testid=connection]')?.getAttribute('data-state') === 'live';
          if (live) requestIdleCallback(() => resolve(performance.now()));
          else requestAnimationFrame(wait);
        };
        wait();
      }),
  );
  const first = await page.evaluate(() => (window as unknown as { noted: { first: number } }).noted.first);
  return { first, interactive };
}

/** When each of these rows was painted, epoch milliseconds; those that never were are left out. */
export function paintedAt(page: Page): Promise<[number, number][]> {
  return page.evaluate(() => [...(window as unknown as { noted: { seen: Map<number, number> } }).noted.seen]);
}
