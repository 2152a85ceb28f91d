// One desk for all specs of a file: a daemon, and the scene played through the real hook.
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from '@playwright/test';
import { Dashboard } from '../page/dashboard.ts';
import { playScene } from '../page/scene.ts';
import type { Scene } from '../page/scene.ts';
import { Daemon } from '../tailhook/daemon.ts';

interface Desk {
  daemon: Daemon;
  scene: Scene;
}

export const test = base.extend<{ dashboard: Dashboard }, { desk: Desk }>({
  desk: [
    async ({}, use) => {
      const root = await realpath(await mkdtemp(join(tmpdir(), 'desk-')));
      await mkdir(join(root, 'home'));
      const daemon = await Daemon.start(join(root, 'state'), join(root, 'home'));
      const scene = await playScene(daemon.home, root, 0.2);
      await use({ daemon, scene });
      await daemon.stop();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
    { scope: 'worker' },
  ],
  dashboard: async ({ page, desk }, use) => {
    const dashboard = await Dashboard.open(page, desk.daemon);
    await use(dashboard);
    expect(dashboard.problems()).toEqual([]);
  },
});

export { expect };
