// Measures the page in a real browser against a daemon of its own; writes bench/results/page.md.
//
//     cd e2e && npx tsx ../bench/page/main.mts [--quick] [--keep] [PART..]
//
// Parts: size, first, load, endurance, missed, long. Without one all are measured, and kept unless --quick; of some,
// what was measured is kept with --keep.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { prepare } from './bench.mts';
import type { Bench } from './bench.mts';
import { JITTER_MS } from './frames.mts';
import { controls, endurance, flood, latency, missed, steady } from './load.mts';
import { firstRows, longSession, size } from './opening.mts';
import { control, scroll } from './scroll.mts';

const PARTS = ['size', 'first', 'load', 'endurance', 'missed', 'long'];
const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const strange = chosen.find((word) => !PARTS.includes(word));
if (strange !== undefined) throw new Error(`${strange} is no part; there are ${PARTS.join(', ')}`);
const wants = (part: string): boolean => chosen.length === 0 || chosen.includes(part);

const bench = await prepare(process.argv.includes('--quick'));
try {
  if (wants('size')) await size(bench);
  if (wants('load')) await controls(bench);
  if (['first', 'load', 'endurance', 'missed'].some(wants)) {
    const page = await firstRows(bench);
    if (wants('load')) {
      await latency(bench, page);
      await steady(bench, page);
      await flood(bench, page);
    }
    if (wants('endurance')) await endurance(bench, page);
    if (wants('missed')) await missed(bench, page);
    await page.close();
  }
  if (wants('long')) {
    await control(bench);
    const page = await longSession(bench);
    await scroll(bench, page);
    await page.close();
  }
} finally {
  await bench.end();
}
if (!bench.quick && (chosen.length === 0 || process.argv.includes('--keep'))) await report(bench);

async function report({ results }: Bench): Promise<void> {
  const lines = results.map(([what, value, goal]) => `| ${what} | ${value} | ${goal} |`);
  const text = `# The page

In headless Chromium without a graphics card, on a machine that it shares with the daemon and the load: ${cpus().length} × ${cpus()[0]?.model.trim()}. Made by
\`${['cd e2e && npx tsx ../bench/page/main.mts', ...process.argv.slice(2)].join(' ')}\`.

A frame is on time when it begins at most a 60th of a second and ${JITTER_MS} ms after the one before, by the browser's own clock: a timer stands in for the screen
here, and a frame that was missed comes a whole period late. Opening is told as the median of seven times; the first time, which finds nothing in the browser's
cache, stands apart. A control is a page with nothing of tailhook's in it, measured in the same run.

| | measured | wanted |
|---|---|---|
${lines.join('\n')}
`;
  await writeFile(fileURLToPath(new URL('../results/page.md', import.meta.url)), text);
}
