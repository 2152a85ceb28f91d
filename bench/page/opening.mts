// What the page takes to open: bytes, the first row, until it is live and quiet.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fill } from '../../e2e/page/load.ts';
import type { Page } from '../../e2e/page/launch.ts';
import { count, ms, quantile } from './bench.mts';
import type { Bench } from './bench.mts';
import { nodes } from './probe.mts';

const DIST = fileURLToPath(new URL('../../dashboard/page/dist/assets', import.meta.url));
const ROUNDS = 7;

/** What a browser fetches to show the first picture, compressed. */
export async function size({ browser, daemon, note }: Bench): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${daemon.url}/login?token=${await daemon.token()}`);
  await page.waitForSelector('[data-testid=connection][data-state=live]');
  await page.waitForTimeout(50);
  // As the browser counts them, the worker's script and heads of answers included.
  const bytes = await page.evaluate(() => {
    const fetched = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')] as PerformanceResourceTiming[];
    return fetched.filter(({ name }) => /^\/($|assets|icon)/.test(new URL(name).pathname)).reduce((sum, { transferSize }) => sum + transferSize, 0);
  });
  const all = await Promise.all((await readdir(DIST)).filter((name) => name.endsWith('.gz')).map(async (name) => (await stat(join(DIST, name))).size));
  note('fetched until live, compressed', `${(bytes / 1000).toFixed(1)} kB`, '<= 70 kB');
  note('everything there is to fetch, compressed', `${(all.reduce((sum, each) => sum + each, 0) / 1000).toFixed(1)} kB`, '');
  await context.close();
}

interface Openings {
  /** The last of them, left open. */
  page: Page;
  first: number[];
  interactive: number[];
}

async function opened(bench: Bench, path: string): Promise<Openings> {
  const first: number[] = [];
  const interactive: number[] = [];
  for (;;) {
    const one = await bench.open(path);
    first.push(one.first);
    interactive.push(one.interactive);
    if (first.length > ROUNDS) return { page: one.page, first, interactive };
    await one.page.close();
  }
}

/** The first time is told apart: nothing is in the browser's cache yet. */
function spread([cold = Number.NaN, ...times]: number[]): string {
  return `${ms(quantile(times, 0.5))} (${ms(Math.min(...times))} to ${ms(Math.max(...times))}; the first time ${ms(cold)})`;
}

/** What the same browser takes for a page that is a line of text: the least that opening anything costs here. */
async function bare({ empty, note }: Bench): Promise<void> {
  const { page, close } = await empty();
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    await page.reload();
    const painted = await page.evaluate(() => new Promise<number>((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))));
    times.push(painted);
  }
  note('a page that is a line of text: painted', spread(times), 'control');
  await close();
}

/** Answers the page, left open. */
export async function firstRows(bench: Bench): Promise<Page> {
  const stored = bench.quick ? 4_000 : 40_000;
  await fill(bench.load, stored, (n) => `desk-${Math.floor(n / 1_000)}-session`);
  await bare(bench);
  const { page, first, interactive } = await opened(bench, '/');
  bench.note(`${count(stored)} events stored: first row painted`, spread(first), '< 300 ms');
  bench.note(`${count(stored)} events stored: interactive`, spread(interactive), '< 500 ms');
  bench.note('elements', count(await nodes(page)), '< 2,000');
  return page;
}

/** Answers the page with one very long session, left open. */
export async function longSession(bench: Bench): Promise<Page> {
  const stored = bench.quick ? 20_000 : 200_000;
  const id = `long-session-of-${stored}`;
  await fill(bench.load, stored, () => id);
  const { page, first, interactive } = await opened(bench, `/?session=${id}`);
  bench.note(`session of ${count(stored)} events: first row painted`, spread(first), 'as fast');
  bench.note(`session of ${count(stored)} events: interactive`, spread(interactive), 'as fast');
  return page;
}
