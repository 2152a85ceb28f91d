// What a spec is given: a folder, a daemon and an agent of its own, all gone when it ends.
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from '@playwright/test';
import { Agent } from '../agent/agent.ts';
import { codex } from '../agent/codex/codex.ts';
import { Client } from '../agent/kind.ts';
import type { Kind } from '../agent/kind.ts';
import { Daemon } from '../tailhook/daemon.ts';
import { processesMarked } from '../tailhook/processes.ts';

export interface Workshop {
  root: string;
  home: string;
}

interface Fixtures {
  workshop: Workshop;
  daemon: Daemon;
  agent: Agent;
  /** Which client the next one is. */
  kind: Kind;
  /** Not installed yet: what a client says without tailhook is worth knowing. */
  client: Client;
}

export const test = base.extend<Fixtures>({
  workshop: async ({}, use) => {
    // The name says nothing of tailhook: a spec looks for that word in what the model was sent.
    const root = await realpath(await mkdtemp(join(tmpdir(), 'e2e-')));
    const home = join(root, 'home');
    await mkdir(home);
    await use({ root, home });
    try {
      await expect
        .poll(() => processesMarked(root), { message: 'processes left running', timeout: 10_000 })
        .toEqual([]);
    } finally {
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    }
  },

  daemon: async ({ workshop }, use, info) => {
    const daemon = await Daemon.start(join(workshop.root, 'state'), workshop.home);
    await use(daemon);
    await daemon.stop();
    if (info.status !== info.expectedStatus) await info.attach('daemon.log', { body: daemon.stderr });
  },

  agent: async ({ workshop, daemon }, use) => {
    const agent = await Agent.install(workshop, daemon);
    await use(agent);
    await agent.stop();
  },

  kind: [codex, { option: true }],

  client: async ({ workshop, daemon, kind }, use) => {
    const client = await Client.create(kind, workshop, daemon);
    await use(client);
    await client.stop();
  },
});

export { expect };
