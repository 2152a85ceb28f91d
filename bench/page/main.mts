// Measures the page in a real browser against a daemon of its own; writes bench/results/page.md.
//
//     cd e2e && npx tsx ../bench/page/main.mts [--quick]
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Actor } from '../../e2e/page/actor.ts';
import { launch } from '../../e2e/page/launch.ts';
import type { Page } from '../../e2e/page/launch.ts';
import { drip, fill, prepareLoad, storedSeq, until } from '../../e2e/page/load.ts';
import { Daemon } from '../../e2e/tailhook/daemon.ts';
import { countFrames, firstRow, heap, nodes, paintedAt, probe } from './probe.mts';

const quick = process.argv.includes('--quick');
const here = fileURLToPath(new URL('.', import.meta.url));
const results: [string, string, string][] = [];
const note = (what: string, value: string, goal: string): void => {
  results.push([what, value, goal]);
  console.error(`${what}: ${value} (${goal})`);
};
const ms = (value: number): string => `${value.toFixed(0)} ms`;
const mb = (value: number): string => `${(value / 1e6).toFixed(1)} MB`;
const at = (list: number[], share: number): number => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? Number.NaN;

const root = await mkdtemp(join(tmpdir(), 'bench-page-'));
await mkdir(join(root, 'home'));
const daemon = await Daemon.start(join(root, 'state'), join(root, 'home'));
const load = await prepareLoad(daemon);
const browser = await launch();
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  // What compiles this file wraps functions in a helper that no browser has.
  await context.addInitScript('globalThis.__name = (given) => given');
  await context.addInitScript(probe);
  const open = async (path: string): Promise<{ page: Page; first: number; interactive: number }> => {
    const page = await context.newPage();
    const times = await firstRow(page, daemon.url + path);
    return { page, ...times };
  };
  const login = await context.newPage();
  await login.goto(`${daemon.url}/login?token=${await daemon.token()}`);
  await login.close();
  await size();

  await fill(load, quick ? 4_000 : 40_000, (n) => `desk-${Math.floor(n / 1_000)}-session`);
  const firsts = [];
  for (let round = 0; round < 5; round++) {
    const opened = await open('/');
    firsts.push(opened);
    if (round < 4) await opened.page.close();
  }
  note('40,000 events stored: first row painted', ms(at(firsts.map(({ first }) => first), 0.5)), '< 300 ms');
  note('40,000 events stored: interactive', ms(at(firsts.map(({ interactive }) => interactive), 0.5)), '< 500 ms');
  const { page } = firsts.at(-1)!;
  note('elements', String(await nodes(page)), '< 2,000');

  await latency(page, quick ? 50 : 300);
  await control(200, 5);
  await control(1_000, 5);
  const burst = countFrames(page, 10_000);
  const lastAt = await drip(load, 200, 10, 'burst-200-session');
  const frames = await burst;
  const newest = await storedSeq(load);
  await until(async () => (await paintedAt(page)).some(([seq]) => seq >= newest));
  const shown = (await paintedAt(page)).find(([seq]) => seq >= newest)?.[1] ?? Number.NaN;
  note('200 events/s for 10 s', `${frames.fps.toFixed(0)} fps, p95 ${frames.p95.toFixed(1)} ms`, '>= 55 fps');
  note('newest of them shown after', ms(Math.max(0, shown - lastAt)), '< 250 ms');
  const seconds = quick ? 5 : 60;
  const flood = countFrames(page, seconds * 1_000);
  const heaps: number[] = [];
  const sampling = setInterval(() => void heap(page).then(({ kept }) => heaps.push(kept)), 10_000);
  await drip(load, 1_000, seconds, 'flood-1000-session');
  clearInterval(sampling);
  const flooded = await flood;
  note(`1,000 events/s for ${seconds} s`, `${flooded.fps.toFixed(0)} fps, p95 ${flooded.p95.toFixed(1)} ms`, '>= 50 fps');
  if (heaps.length > 0) note('heap meanwhile, after collection', `${mb(Math.min(...heaps))} to ${mb(Math.max(...heaps))}`, '< 60 MB and flat');
  const end = await heap(page);
  note('heap at the end', `${mb(end.kept)} kept, ${mb(end.standing)} standing`, '< 60 MB');
  note('elements at the end', String(await nodes(page)), '< 2,000');
  await missed(page);
  await page.close();

  await fill(load, quick ? 5_000 : 200_000, () => 'long-session-of-200000');
  const long = await open('/?session=long-session-of-200000');
  note('session of 200,000 events: first row painted', ms(long.first), 'as fast');
  await long.page.waitForTimeout(1_000);
  const scrolled = await countFrames(long.page, 6_000, -400);
  note('scrolling up through it', `${(scrolled.smooth * 100).toFixed(1)} % of frames < 16.7 ms, p95 ${scrolled.p95.toFixed(1)} ms`, '95 %');
  const after = await heap(long.page);
  note('heap then', `${mb(after.kept)} kept, ${mb(after.standing)} standing`, '< 60 MB');
  await long.page.close();
} finally {
  await browser.close();
  await daemon.stop();
  await rm(root, { recursive: true, force: true });
}
if (!quick) await report();

/** What the machine leaves to a page that shows nothing, under the same load: the measure for the frames below. */
async function control(perSecond: number, seconds: number): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript('globalThis.__name = (given) => given');
  const page = await context.newPage();
  await page.goto(`${daemon.url}/healthz`);
  const frames = countFrames(page, seconds * 1_000);
  await drip(load, perSecond, seconds, `control-${perSecond}-session`);
  const counted = await frames;
  note(`an empty page, ${perSecond.toLocaleString('en')} events/s`, `${counted.fps.toFixed(0)} fps, p95 ${counted.p95.toFixed(1)} ms`, 'control');
  await context.close();
}

/** From the hook's append to the painted row. */
async function latency(page: Page, count: number): Promise<void> {
  const actor = new Actor(daemon.home, 'claude-code', '/home/dev/code/latency');
  for (let n = 0; n < count; n++) {
    await actor.say('PreToolUse', { tool_name: 'Bash', tool_input: { command: `echo ${n}` }, tool_use_id: `toolu_latency_${n}` });
    await page.waitForTimeout(23);
  }
  await page.waitForTimeout(300);
  const appended = new Map((await (await daemon.api()).events(actor.id)).map(({ seq, timestamp }) => [seq, Date.parse(timestamp)]));
  const times = (await paintedAt(page)).flatMap(([seq, painted]) => (appended.has(seq) ? [painted - appended.get(seq)!] : []));
  note(`hook's append to painted row, ${times.length} events`, `p50 ${at(times, 0.5).toFixed(1)} ms, p99 ${at(times, 0.99).toFixed(1)} ms`, 'p50 < 30 ms, p99 < 60 ms');
}

/** 1,000 events while the daemon is away. */
async function missed(page: Page): Promise<void> {
  await daemon.kill();
  const actor = new Actor(daemon.home, 'claude-code', '/home/dev/code/missed');
  for (let n = 0; n < 1_000; n += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, k) => actor.say('PreToolUse', { tool_name: 'Bash', tool_input: { command: `echo ${n + k}` }, tool_use_id: `toolu_missed_${n + k}` })));
  }
  await daemon.restart();
  await until(async () => (await (await daemon.api()).events(actor.id)).length === 1_000);
  const last = (await (await daemon.api()).events(actor.id)).at(-1)!.seq;
  const live = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const wait = (): void => {
          const state = document.querySelector('[data-testid=connection]')?.getAttribute('data-state');
          if (state === 'live') resolve(performance.timeOrigin + performance.now());
          else setTimeout(wait, 5);
        };
        wait();
      }),
  );
  await until(async () => (await paintedAt(page)).some(([seq]) => seq >= last));
  const shown = (await paintedAt(page)).find(([seq]) => seq >= last)?.[1] ?? Number.NaN;
  note('1,000 missed events, from connected again to all there', ms(Math.max(0, shown - live)), '< 1 s');
}

/** What a browser fetches to show the first picture, compressed. */
async function size(): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  let bytes = 0;
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  const paths = new Map<string, string>();
  cdp.on('Network.responseReceived', ({ requestId, response }) => paths.set(requestId, new URL(response.url).pathname));
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (/^\/($|assets|icon)/.test(paths.get(requestId) ?? '')) bytes += encodedDataLength;
  });
  await page.goto(`${daemon.url}/login?token=${await daemon.token()}`);
  await page.waitForSelector('[data-testid=connection][data-state=live]');
  await page.waitForTimeout(50);
  const dist = join(here, '../../dashboard/page/dist/assets');
  const all = await Promise.all((await readdir(dist)).filter((name) => name.endsWith('.gz')).map(async (name) => (await stat(join(dist, name))).size));
  note('fetched until live, compressed', `${(bytes / 1000).toFixed(1)} kB`, '<= 70 kB');
  note('everything there is to fetch, compressed', `${(all.reduce((sum, each) => sum + each, 0) / 1000).toFixed(1)} kB`, '');
  await context.close();
}

async function report(): Promise<void> {
  const lines = results.map(([what, value, goal]) => `| ${what} | ${value} | ${goal} |`);
  const text = `# The page

In headless Chromium without a graphics card, on a machine that it shares with the daemon and the load: ${cpus().length} × ${cpus()[0]?.model.trim()}. Made by
\`cd e2e && npx tsx ../bench/page/main.mts\`.

| | measured | wanted |
|---|---|---|
${lines.join('\n')}
`;
  await writeFile(join(here, '../results/page.md'), text);
}
