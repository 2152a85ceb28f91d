// GitHub Copilot CLI, OpenCode, Factory Droid and Cline: complete, exactly once and not felt, whatever happens to tailhook.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cline } from '../agent/cline/cline.ts';
import { runs_native_clients } from '../agent/clients.ts';
import { copilot } from '../agent/copilot/copilot.ts';
import { droid } from '../agent/droid/droid.ts';
import type { Client, Kind } from '../agent/kind.ts';
import { opencode } from '../agent/opencode/opencode.ts';
import type { Envelope } from '../tailhook/api.ts';
import { binary } from '../tailhook/binaries.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { expectStoreHoldsWhatWasSeen } from './complete.ts';
import { expect, test } from './fixtures.ts';

interface Session {
  turns: number;
  tools: number;
  failures: number;
  subagents: number;
}

interface Expected {
  kind: Kind;
  /** Sessions by scenario: what is counted, and how the client ends if not well. */
  sessions: Record<string, Partial<Session> & { args?: string[]; code?: number; types?: string[] }>;
}

const CLIENTS: Expected[] = [
  {
    kind: copilot,
    sessions: {
      tools: { turns: 1, tools: 5, failures: 0, types: ['hook.session_end'] },
      failing: { turns: 1, tools: 3, failures: 3 },
      refused: { turns: 1, tools: 1, args: ['--allow-all-paths'], types: ['hook.notification'] },
      delegating: { turns: 1, tools: 2, subagents: 1 },
    },
  },
  {
    kind: opencode,
    sessions: {
      tools: { turns: 1, tools: 5, failures: 0 },
      // What throws has no end.
      failing: { turns: 1, tools: 2, failures: 1 },
      refused: { turns: 1, tools: 1, types: ['hook.permission_request'] },
    },
  },
  {
    kind: droid,
    sessions: {
      tools: { tools: 5, failures: 0, types: ['hook.session_end'] },
      // What fails has no end.
      failing: { tools: 2, failures: 0 },
      refused: { tools: 1, args: ['--auto', 'low'], code: 1 },
    },
  },
  {
    kind: cline,
    sessions: {
      tools: { tools: 5, failures: 0 },
      failing: { tools: 2, failures: 2 },
      delegating: { tools: 2, subagents: 1 },
    },
  },
];

for (const { kind, sessions } of CLIENTS) {
  test.describe(kind.name, () => {
    test.use({ kind });
    test.skip(!runs_native_clients, 'made for Linux on x86_64');

    test('is the same with tailhook, also where the journal cannot be written or the program goes', async ({
      client,
      workshop,
    }) => {
      const bare = await client.run('[[scenario:tools]] go');
      expect(bare.code).toBe(0);
      expect(bare.stdout).toContain('All done.');
      const program = await installOwnCopy(client, join(workshop.root, 'bin'));
      const unwritable = await client.run('[[scenario:tools]] go', { env: { TAILHOOK_HOME: '/dev/null/nowhere' } });
      expect(outcome(unwritable)).toEqual(outcome(bare));
      // Droid tells its model what its variables are called, the two of these specs as well.
      expect(client.model.requests.join().replaceAll(/TAILHOOK_\w+/g, '')).not.toMatch(/tailhook/i);

      // It goes while a session runs.
      const gone = expect
        .poll(() => client.model.requests.some((request) => request.includes('echo b')))
        .toBe(true)
        .then(() => rm(program));
      const going = await client.run('[[scenario:quick]] go');
      await gone;
      expect(going.code).toBe(0);
      expect(going.stdout).toContain('Quick enough.');
      for (const { stderr } of [unwritable, going]) expect(stderr).not.toMatch(/tailhook|No such file|127/);
    });

    test('all of its sessions are stored completely, each event once', async ({ daemon, client }) => {
      await client.install();
      const { tools, ...others } = sessions;
      // The first while the daemon is down.
      await daemon.kill();
      await runOne(client, 'tools', tools!);
      await daemon.restart();
      for (const [scenario, expected] of Object.entries(others)) await runOne(client, scenario, expected);

      const events = await expectStoreHoldsWhatWasSeen(daemon, client.witness);
      expect(new Set(events.map(({ agent }) => agent))).toEqual(new Set([kind.name]));
      const seen = [...new Set(events.map(({ session_id }) => session_id))];
      for (const [at, expected] of Object.values(sessions).entries()) {
        const { args: _, code: __, types = [], ...counts } = expected;
        expect(await session(daemon, seen[at]!)).toMatchObject(counts);
        expect(typesOf(events, seen[at]!)).toEqual(expect.arrayContaining(['hook.session_start', 'hook.stop', ...types]));
      }
      expect(seen).toHaveLength(Object.keys(sessions).length);
    });
  });
}

async function runOne(client: Client, scenario: string, { args, code = 0 }: { args?: string[]; code?: number }): Promise<void> {
  const ended = await client.run(`[[scenario:${scenario}]] go`, { args });
  expect({ scenario, code: ended.code }).toEqual({ scenario, code });
}

async function session(daemon: Daemon, id: string): Promise<Session> {
  return (await daemon.api()).json<Session>(`/api/v1/sessions/${id}`);
}

const typesOf = (events: Envelope[], id: string): string[] =>
  events.filter(({ session_id }) => session_id === id).map(({ type }) => type);

const outcome = ({ code, stdout }: { code: number | null; stdout: string }) => ({ code, stdout });

/** Installs with a copy of the program, so that it can go. */
async function installOwnCopy(client: Client, folder: string): Promise<string> {
  await client.install();
  await mkdir(folder);
  const copy = join(folder, 'tailhook-hook');
  await copyFile(binary('tailhook-hook'), copy);
  await client.replaceProgram(binary('tailhook-hook'), copy);
  return copy;
}
