// Makes the pictures of the README: the scene, played slowly, as the page shows it in either theme. Takes two minutes.
//
//     npx tsx page/pictures.ts      then look at docs/dashboard-light.webp and docs/dashboard-dark.webp
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { Daemon } from '../tailhook/daemon.ts';
import { sleep } from './actor.ts';
import { launch } from './launch.ts';
import { playScene } from './scene.ts';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
/** The control room then shows two minutes that are nearly full. */
const PACE = 20;
const SOMEBODY_WAITS_MS = 14_000;

const root = await mkdtemp(join(tmpdir(), 'pictures-'));
await mkdir(join(root, 'home'));
const daemon = await Daemon.start(join(root, 'state'), join(root, 'home'));
const browser = await launch();
try {
  await playScene(daemon.home, root, PACE);
  await sleep(SOMEBODY_WAITS_MS);
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(`${daemon.url}/login?token=${await daemon.token()}`);
    await page.locator('[data-testid=room-lane]').nth(5).waitFor();
    await page.locator('[data-testid=connection][data-state=live]').waitFor();
    await sleep(1_500);
    // Every pixel stays, in a third of what a PNG takes.
    await sharp(await page.screenshot()).webp({ lossless: true, effort: 6 }).toFile(join(DOCS, `dashboard-${colorScheme}.webp`));
    await context.close();
  }
} finally {
  await browser.close();
  await daemon.stop();
  await rm(root, { recursive: true, force: true });
}
