// What holds for every client: complete, exactly once, and not felt by the agent, whatever happens to tailhook.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codex } from '../agent/codex/codex.ts';
import { gemini } from '../agent/gemini/gemini.ts';
import type { Client, Kind } from '../agent/kind.ts';
import type { Envelope } from '../tailhook/api.ts';
import { binary } from '../tailhook/binaries.ts';
import { expectStoreHoldsWhatWasSeen } from './complete.ts';
import { expect, test } from './fixtures.ts';
import { expectTranscriptTold, turnsAsked } from './took.ts';

const CLIENTS_ROOT = fileURLToPath(new URL('../node_modules', import.meta.url));
const TURN = ['hook.session_start', 'hook.user_prompt', 'hook.stop', 'hook.session_end'];
const CALL = ['hook.pre_tool_use', 'hook.post_tool_use'];

interface Case {
  scenario: string;
  title: string;
  /** How often each tool began and ended. */
  calls: Record<string, [number, number]>;
  args?: string[];
  types?: string[];
  /** A model without a price. */
  unpriced?: boolean;
}

const CLIENTS: { kind: Kind; model: string; cases: Case[] }[] = [
  {
    kind: codex,
    model: 'gpt-5.5',
    cases: [
      { scenario: 'tools', title: 'several tools', calls: { Bash: [4, 4], apply_patch: [1, 1] } },
      // The client tells nothing of the end of a patch that does not apply.
      { scenario: 'failing', title: 'failing tools', calls: { Bash: [1, 1], apply_patch: [1, 0] } },
      { scenario: 'refused', title: 'a refused tool', calls: { Bash: [1, 0] }, args: ['-s', 'workspace-write'] },
      {
        scenario: 'delegating',
        title: 'a subagent',
        calls: { spawn_agent: [1, 1], multi_agent_v1wait_agent: [1, 1], Bash: [1, 1] },
        // The tools for subagents are offered to a model that the client does not know.
        args: ['-s', 'danger-full-access', '-m', 'scripted'],
        types: ['hook.subagent_start', 'hook.subagent_stop'],
        unpriced: true,
      },
    ],
  },
  {
    kind: gemini,
    model: 'gemini-2.5-flash',
    cases: [
      {
        scenario: 'tools',
        title: 'several tools',
        calls: { run_shell_command: [4, 4], write_file: [1, 1], read_file: [1, 1] },
      },
      { scenario: 'failing', title: 'failing tools', calls: { run_shell_command: [1, 1], read_file: [1, 1] } },
      { scenario: 'delegating', title: 'a subagent', calls: { invoke_agent: [1, 1], list_directory: [1, 1] } },
    ],
  },
];

for (const { kind, model, cases } of CLIENTS) {
  test.describe(kind.name, () => {
    test.use({ kind });

    for (const { scenario, title, calls, args, types = [], unpriced = false } of cases) {
      test(`${title}: stored completely, and the same as without tailhook`, async ({ daemon, client }) => {
        const work = { args };
        const bare = await client.run(`[[scenario:${scenario}]] go`, work);
        expect(await (await daemon.api()).events()).toEqual([]);
        await client.install();
        const before = client.model.requests.length;
        const hooked = await client.run(`[[scenario:${scenario}]] go`, work);
        expect(outcome(hooked)).toEqual(outcome(bare));
        expect(hooked.code).toBe(0);

        const events = await expectStoreHoldsWhatWasSeen(daemon, client.witness);
        expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining([...TURN, ...types]));
        expect(counted(events)).toEqual(calls);
        // Gemini CLI tells its model where it lies: below this folder, whatever that is called.
        expect(client.model.requests.join().replaceAll(CLIENTS_ROOT, '')).not.toMatch(/tailhook/i);

        const answers = turnsAsked(client.model.requests.slice(before));
        const { row, messages } = await expectTranscriptTold(daemon, events[0]!.session_id, answers);
        const own = messages.filter(({ agent_id }) => agent_id === undefined);
        expect(own[0]).toMatchObject({ role: 'user', text: `[[scenario:${scenario}]] go` });
        expect(own.at(-1)).toMatchObject({ role: 'assistant', tokens: { input: 100 } });
        expect(hooked.stdout).toContain(own.at(-1)!.text);
        expect(messages.some(({ agent_id }) => agent_id !== undefined)).toBe(scenario === 'delegating');
        const ids = new Set(own.flatMap(({ tools }) => tools));
        for (const { data } of events) if (data['tool_use_id'] && !data['agent_id']) expect(ids).toContain(data['tool_use_id']);
        expect(row).toMatchObject({ model: unpriced ? 'scripted' : model, context_tokens: 100 });
        expect(row.context_window).toBeGreaterThan(100_000);
        expect(row.cost_usd !== undefined).toBe(!unpriced);
      });
    }

    test('an interrupted session is stored to its end, and ends as without tailhook', async ({ daemon, client }) => {
      // The shell has begun by then, most likely; if not, the interrupt comes a little early and nothing else changes.
      const soon = () => new Promise((resolve) => setTimeout(resolve, 1_500));
      const asked = expect.poll(() => client.model.requests.length).toBeGreaterThan(0);
      const bare = await client.run('[[scenario:sleepy]] go', { interrupt: asked.then(soon) });
      await client.install();
      const hooked = await client.run('[[scenario:sleepy]] go', { interrupt: seen(client, 'sleep ').then(soon) });
      expect(outcome(hooked)).toEqual(outcome(bare));
      const events = await expectStoreHoldsWhatWasSeen(daemon, client.witness);
      expect(events.at(-1)?.type).toBe('hook.session_end');
      const api = await daemon.api();
      const session = () => api.json<{ state: string }>(`/api/v1/sessions/${events[0]!.session_id}`);
      await expect.poll(async () => (await session()).state).toBe('ended');
    });

    test('a daemon that is down misses nothing', async ({ daemon, client }) => {
      const bare = await client.run('[[scenario:tools]] go');
      await client.install();
      await daemon.kill();
      const down = await client.run('[[scenario:tools]] go');
      expect(outcome(down)).toEqual(outcome(bare));
      await daemon.restart();
      const events = await expectStoreHoldsWhatWasSeen(daemon, client.witness);
      expect(events.length).toBeGreaterThan(10);
    });

    test('neither a journal that cannot be written nor a missing program is felt', async ({ client, workshop }) => {
      const bare = await client.run('[[scenario:tools]] go');
      const program = await installOwnCopy(client, join(workshop.root, 'bin'));
      const unwritable = await client.run('[[scenario:tools]] go', { env: { TAILHOOK_HOME: '/dev/null/nowhere' } });
      expect(outcome(unwritable)).toEqual(outcome(bare));

      // It goes while a session runs.
      const gone = seen(client, 'true').then(() => rm(program));
      const going = await client.run('[[scenario:quick n=8]] go');
      await gone;
      expect(outcome(going)).toEqual({ code: 0, stdout: 'Quick enough.\n' });
      const after = await client.run('[[scenario:tools]] go');
      expect(outcome(after)).toEqual(outcome(bare));
      for (const { stderr } of [unwritable, going, after]) expect(stderr).not.toMatch(/tailhook|Failed|127/);
    });
  });
}

test.describe(() => {
  test.use({ kind: gemini });

  test('a tool that another hook refuses is stored, and refused as without tailhook', async ({ daemon, client }) => {
    const refusing = "grep -q not-allowed && { echo 'not allowed' >&2; exit 2; }; exit 0";
    await client.edit((settings) => {
      settings['BeforeTool'] = [{ hooks: [{ type: 'command', command: refusing, timeout: 30_000 }] }];
    });
    const bare = await client.run('[[scenario:refused]] go');
    expect(bare).toMatchObject({ code: 0, stdout: 'It was refused.\n' });
    await client.install();
    const ended = await client.run('[[scenario:refused]] go');
    expect(outcome(ended)).toEqual(outcome(bare));
    const events = await expectStoreHoldsWhatWasSeen(daemon, client.witness);
    expect(counted(events)['run_shell_command']?.[0]).toBe(1);
    expect(client.model.requests.at(-1)).toContain('not allowed');
  });
});

/** What the client says and how it ends; its log holds ids and times. */
const outcome = ({ code, stdout }: { code: number | null; stdout: string }) => ({ code, stdout });

function counted(events: Envelope[]): Record<string, [number, number]> {
  const counts: Record<string, [number, number]> = {};
  for (const { type, data } of events) {
    const at = CALL.indexOf(type);
    if (at >= 0) (counts[String(data['tool_name'])] ??= [0, 0])[at]!++;
  }
  return counts;
}

/** Resolves when the witness was told of a call with this in it. */
async function seen(client: Client, text: string): Promise<void> {
  const told = async () => (await client.witness.testimonies({ settled: false })).map(({ bytes }) => bytes.toString());
  await expect.poll(async () => (await told()).some((payload) => payload.includes(text)), { intervals: [20] }).toBe(true);
}

/** Registers a copy of the hook, so that it can be removed. */
async function installOwnCopy(client: Client, folder: string): Promise<string> {
  await client.install();
  await mkdir(folder);
  const copy = join(folder, 'tailhook-hook');
  await copyFile(binary('tailhook-hook'), copy);
  await client.edit((hooks) => {
    for (const group of Object.values(hooks).flat()) {
      for (const entry of group.hooks) {
        entry['command'] = String(entry['command']).replaceAll(binary('tailhook-hook'), copy);
      }
    }
  });
  await client.consent();
  return copy;
}
