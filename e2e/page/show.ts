// Plays the scene into a daemon of its own and keeps it: for looking at the page while building it.
//
//     npx tsx page/show.ts          prints the address; Ctrl-C ends it
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from '../tailhook/daemon.ts';
import { playScene } from './scene.ts';

const root = await mkdtemp(join(tmpdir(), 'show-'));
await mkdir(join(root, 'home'));
const daemon = await Daemon.start(join(root, 'state'), join(root, 'home'));
const end = async (): Promise<void> => {
  await daemon.stop();
  await rm(root, { recursive: true, force: true });
  process.exit(0);
};
process.on('SIGINT', () => void end());
process.on('SIGTERM', () => void end());
console.log(`${daemon.url}/login?token=${await daemon.token()}`);
await playScene(join(root, 'state'), root);
console.log('the scene stands; Ctrl-C ends');
setInterval(() => undefined, 60_000);
