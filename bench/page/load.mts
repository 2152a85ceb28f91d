// The page while events come.
import { Actor } from '../../e2e/page/actor.ts';
import type { Page } from '../../e2e/page/launch.ts';
import { drip, storedSeq, until } from '../../e2e/page/load.ts';
import { count, mb, ms, quantile } from './bench.mts';
import type { Bench } from './bench.mts';
import { countFrames, told } from './frames.mts';
import { heap, nodes, paintedAt } from './probe.mts';

const HEAP_EVERY_MS = 10_000;

/** What the machine leaves to a page that shows nothing, under the same load: the measure for the page's frames. */
export async function controls(bench: Bench): Promise<void> {
  for (const perSecond of [200, 1_000]) {
    const seconds = bench.quick ? 5 : 10;
    const { page, close } = await bench.empty();
    const frames = countFrames(page, seconds * 1_000);
    await drip(bench.load, perSecond, seconds, `control-${perSecond}-session`);
    bench.note(`an empty page, ${count(perSecond)} events/s for ${seconds} s`, told(await frames), 'control');
    await close();
  }
}

/** From the hook's append to the painted row. */
export async function latency({ daemon, note, quick }: Bench, page: Page): Promise<void> {
  const actor = new Actor(daemon.home, 'claude-code', '/home/dev/code/latency');
  for (let n = 0; n < (quick ? 100 : 300); n++) {
    await actor.say('PreToolUse', { tool_name: 'Bash', tool_input: { command: `echo ${n}` }, tool_use_id: `toolu_latency_${n}` });
    await page.waitForTimeout(23);
  }
  await page.waitForTimeout(300);
  const appended = new Map((await (await daemon.api()).events(actor.id)).map(({ seq, timestamp }) => [seq, Date.parse(timestamp)]));
  const times = (await paintedAt(page)).flatMap(([seq, painted]) => (appended.has(seq) ? [painted - appended.get(seq)!] : []));
  note(`hook's append to painted row, ${count(times.length)} events`, `p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms`, 'p50 < 30 ms, p99 < 60 ms');
}

export async function steady({ load, note, quick }: Bench, page: Page): Promise<void> {
  const seconds = quick ? 5 : 10;
  const counting = countFrames(page, seconds * 1_000);
  const lastAt = await drip(load, 200, seconds, 'steady-200-session');
  const frames = await counting;
  const newest = await storedSeq(load);
  await until(async () => (await paintedAt(page)).some(([seq]) => seq >= newest));
  const shown = (await paintedAt(page)).find(([seq]) => seq >= newest)?.[1] ?? Number.NaN;
  note(`200 events/s for ${seconds} s`, told(frames), '>= 55 fps');
  note('newest of them shown after', ms(Math.max(0, shown - lastAt)), '< 250 ms');
}

/** 1,000 events a second, and what is left of them in memory. Nothing is collected meanwhile: that would be seen in the frames. */
export async function flood(bench: Bench, page: Page): Promise<void> {
  const seconds = bench.quick ? 10 : 60;
  const frames = countFrames(page, seconds * 1_000);
  await drip(bench.load, 1_000, seconds, 'flood-1000-session');
  bench.note(`1,000 events/s for ${seconds} s`, told(await frames), '>= 50 fps');
  await standing(bench, page);
}

/** Ten minutes of a busy desk. */
export async function endurance(bench: Bench, page: Page): Promise<void> {
  const minutes = bench.quick ? 1 : 10;
  const kept: number[] = [];
  const samples: Promise<void>[] = [];
  const sampling = setInterval(() => samples.push(heap(page).then((bytes) => void kept.push(bytes.kept))), HEAP_EVERY_MS);
  await drip(bench.load, 200, minutes * 60, 'endurance-200-session');
  clearInterval(sampling);
  await Promise.all(samples);
  const half = Math.ceil(kept.length / 2);
  const mean = (list: number[]): string => mb(list.reduce((sum, each) => sum + each, 0) / list.length);
  bench.note(`heap after collection, 200 events/s for ${minutes} min`, `${mb(Math.min(...kept))} to ${mb(Math.max(...kept))}; mean of the first half ${mean(kept.slice(0, half))}, of the second ${mean(kept.slice(half))}`, '< 60 MB and flat');
  await standing(bench, page);
}

export async function standing({ note }: Bench, page: Page): Promise<void> {
  const { kept, standing } = await heap(page);
  note('heap then', `${mb(kept)} kept, ${mb(standing)} standing`, '< 60 MB');
  note('elements then', count(await nodes(page)), '< 2,000');
}

/** Events while the daemon is away. */
export async function missed({ daemon, note }: Bench, page: Page): Promise<void> {
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
