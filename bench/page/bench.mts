// What every part of the bench works with: a daemon, a browser that is logged in, and the list of what came out.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../../e2e/page/launch.ts';
import type { Page } from '../../e2e/page/launch.ts';
import { prepareLoad } from '../../e2e/page/load.ts';
import { Daemon } from '../../e2e/tailhook/daemon.ts';
import { firstRow, probe } from './probe.mts';

export const VIEWPORT = { width: 1440, height: 900 };

export const count = (value: number): string => value.toLocaleString('en');
export const ms = (value: number): string => `${value.toFixed(0)} ms`;
export const mb = (value: number): string => `${(value / 1e6).toFixed(1)} MB`;

/** The value that this share of the list does not exceed. */
export const quantile = (list: number[], share: number): number => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? Number.NaN;

export interface Opened {
  page: Page;
  /** Milliseconds from the navigation to the first row on the screen, and to a live page with nothing left to do. */
  first: number;
  interactive: number;
}

export async function prepare(quick: boolean) {
  const root = await mkdtemp(join(tmpdir(), 'bench-page-'));
  await mkdir(join(root, 'home'));
  const daemon = await Daemon.start(join(root, 'state'), join(root, 'home'));
  const load = await prepareLoad(daemon);
  const browser = await launch();
  // What compiles this file wraps functions in a helper that no browser has.
  const helper = 'globalThis.__name = (given) => given';
  const context = await browser.newContext({ viewport: VIEWPORT });
  await context.addInitScript(helper);
  await context.addInitScript(probe);
  // Without a page: the first one that is measured shall find nothing in the browser's cache.
  await context.request.get(`${daemon.url}/login?token=${await daemon.token()}`);
  const results: [string, string, string][] = [];

  return {
    quick,
    daemon,
    load,
    browser,
    results,

    note(what: string, value: string, goal: string): void {
      results.push([what, value, goal]);
      console.error(`${what}: ${value}${goal && ` (${goal})`}`);
    },

    async open(path: string): Promise<Opened> {
      const page = await context.newPage();
      return { page, ...(await firstRow(page, daemon.url + path)) };
    },

    /** A page of the same browser that has nothing of tailhook's in it. */
    async empty(): Promise<{ page: Page; close: () => Promise<void> }> {
      const apart = await browser.newContext({ viewport: VIEWPORT });
      await apart.addInitScript(helper);
      const page = await apart.newPage();
      await page.goto(`${daemon.url}/healthz`);
      return { page, close: () => apart.close() };
    },

    async end(): Promise<void> {
      await browser.close();
      await daemon.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

export type Bench = Awaited<ReturnType<typeof prepare>>;
