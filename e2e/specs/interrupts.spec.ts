// A person who interrupts: what each client tells of it, and what is said of the session then.
import { cline } from '../agent/cline/cline.ts';
import { runs_native_clients } from '../agent/clients.ts';
import { codex } from '../agent/codex/codex.ts';
import { copilot } from '../agent/copilot/copilot.ts';
import { droid } from '../agent/droid/droid.ts';
import { gemini } from '../agent/gemini/gemini.ts';
import type { Client, Kind } from '../agent/kind.ts';
import type { SessionRow, SpanRow } from '../agent/observed.ts';
import { opencode } from '../agent/opencode/opencode.ts';
import type { Person } from '../agent/person.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { processesMarked } from '../tailhook/processes.ts';
import { expectStoreHoldsWhatWasSeen } from './complete.ts';
import { expect, test } from './fixtures.ts';

interface Interrupt {
  kind: Kind;
  /** What interrupts a running command, in the middle of the turn. */
  keys: string[];
  /** What stands on the screen from when on it takes these, where the model is asked before that. */
  busy?: RegExp;
  /** What stands there then. */
  reads: RegExp;
  session: Partial<SessionRow>;
  call: Partial<SpanRow>;
  /** What is said instead where the model was thinking, and how its turn ended. */
  thinking?: { session: Partial<SessionRow>; turn: string };
}

const SLEEPS = expect.stringMatching(/ sleep 8$/) as unknown as string;

const INTERRUPTED = { state: 'waiting_user', needs: 'idle', state_detail: 'interrupted' };

const INTERRUPTS: Interrupt[] = [
  {
    kind: codex,
    keys: ['Escape'],
    reads: /interrupted/i,
    session: INTERRUPTED,
    call: { tool_name: 'Bash', outcome: 'interrupted', closed_by: 'hook.interrupt' },
  },
  {
    kind: gemini,
    keys: ['Escape'],
    reads: /cancelled/i,
    session: INTERRUPTED,
    call: { tool_name: 'run_shell_command', outcome: 'interrupted', closed_by: 'hook.post_tool_use' },
    // An end of the turn like any other.
    thinking: { session: { state: 'waiting_user', needs: 'idle' }, turn: 'ok' },
  },
  {
    kind: opencode,
    keys: ['Escape', 'Escape'],
    busy: /esc interrupt/,
    reads: /interrupted/,
    session: INTERRUPTED,
    // Told by the interruption and by an end of its own, which comes after it.
    call: { tool_name: 'bash', outcome: 'interrupted', closed_by: 'hook.post_tool_use' },
  },
  {
    // Tells nothing: the next prompt proves it.
    kind: copilot,
    keys: ['C-c'],
    reads: /Operation (cancelled|aborted) by user/,
    session: { state: 'working' },
    call: { tool_name: 'Bash', outcome: 'running' },
  },
  {
    // Says that the session shuts down, and goes on with it at the next prompt.
    kind: cline,
    keys: ['Escape'],
    reads: /run_commands/,
    session: { state: 'ended' },
    call: { tool_name: 'run_commands', outcome: 'interrupted', closed_by: 'hook.post_tool_use' },
  },
];

for (const { kind, keys, busy, reads, session, call, thinking = { session, turn: 'interrupted' } } of INTERRUPTS) {
  test.describe(kind.name, () => {
    test.use({ kind });
    test.skip(kind !== codex && kind !== gemini && !runs_native_clients, 'made for Linux on x86_64');

    test('a command that is interrupted, and the prompt after it', async ({ daemon, client, workshop }) => {
      await client.install();
      const person = await client.sitDown('desk');
      await person.begins('[[scenario:sleepy seconds=8]] go');
      await person.hasSpan({ tool_name: call.tool_name, outcome: 'running' });
      // Its hook is told of a command before that runs, and one that never did is interrupted otherwise.
      if (kind === copilot) await expect.poll(() => processesMarked(workshop.root)).toContainEqual(SLEEPS);
      await person.presses(...keys);
      await person.reads(reads);
      await person.isSaid(session);
      await person.hasSpan(call);
      await goesOn(person, daemon, client);
      await person.hasSpan({ tool_name: call.tool_name, outcome: 'interrupted' });
      await expectStoreHoldsWhatWasSeen(daemon, client.witness);
    });

    test('a thought that is interrupted, and the prompt after it', async ({ daemon, client }) => {
      await client.install();
      const person = await client.sitDown('desk');
      await person.begins('[[scenario:pondering]] go');
      if (busy) await person.reads(busy);
      const is_asked = (request: string) => request.includes('scenario:pondering') && request.includes('"tools":[{');
      await expect.poll(() => client.model.requests.some(is_asked)).toBe(true);
      await person.presses(...keys);
      await person.isSaid(thinking.session);
      await goesOn(person, daemon, client);
      // Cline tells of no prompt, and so of no turn.
      if (kind !== cline) await person.hasSpan({ id: 'turn:1', outcome: thinking.turn });
      await expectStoreHoldsWhatWasSeen(daemon, client.witness);
    });
  });
}

/** Another prompt, answered and told to its end. */
async function goesOn(person: Person, daemon: Daemon, client: Client): Promise<void> {
  await person.asks('[[scenario:hello]] again');
  await person.reads(/Hello/);
  const api = await daemon.api();
  await expect.poll(async () => (await api.events(person.session_id)).at(-1)?.type).toBe('hook.stop');
  await person.isSaid({ state: 'waiting_user', needs: 'idle' });
  await expect.poll(() => client.witness.count()).toBe((await api.events()).length);
}

test.describe(droid.name, () => {
  test.use({ kind: droid });
  test.skip(!runs_native_clients, 'made for Linux on x86_64');

  // At a terminal it asks for an account.
  test('an interrupted command is over with its session', async ({ daemon, client }) => {
    await client.install();
    const told = async () => (await client.witness.testimonies({ settled: false })).map(({ bytes }) => bytes.toString());
    const asleep = expect.poll(async () => (await told()).join(), { intervals: [50] }).toContain('sleep 8');
    await client.run('[[scenario:sleepy seconds=8]] go', { interrupt: asleep });
    const events = await expectStoreHoldsWhatWasSeen(daemon, client.witness);
    const api = await daemon.api();
    const { session_id } = events[0]!;
    expect(await api.json<SessionRow>(`/api/v1/sessions/${session_id}`)).toMatchObject({ state: 'ended' });
    const { spans } = await api.json<{ spans: SpanRow[] }>(`/api/v1/sessions/${session_id}/spans`);
    // It says that it stops and that the session ends side by side.
    const closed_by = expect.stringMatching(/^hook\.(stop|session_end)$/) as unknown as string;
    expect(spans).toEqual([expect.objectContaining({ tool_name: 'Execute', outcome: 'unfinished', closed_by })]);
  });
});

test.describe('gemini-cli at /quit', () => {
  test.use({ kind: gemini });

  test('the end that is told three times is stored once, and counted', async ({ daemon, client }) => {
    await client.install();
    const person = await client.sitDown('desk');
    await person.begins('[[scenario:hello]] go');
    await person.isSaid({ state: 'waiting_user', needs: 'idle' });
    await person.asks('/quit');
    await person.reads(/^\s*$/);
    await person.isSaid({ state: 'ended', end_reason: 'exit' });

    const told = (await client.witness.testimonies()).filter(({ bytes }) => bytes.includes('"SessionEnd"'));
    expect(told.length).toBeGreaterThan(1);
    const api = await daemon.api();
    // One that is counted is not stored, so when all are counted no more can come.
    const left_out = async () => (await api.json<{ duplicates_by: Record<string, number> }>('/api/v1/stats')).duplicates_by;
    await expect.poll(left_out).toEqual({ 'gemini-cli-quit': told.length - 1 });
    const types = (await api.events(person.session_id)).map(({ type }) => type);
    expect(types).toEqual(['hook.session_start', 'hook.user_prompt', 'hook.stop', 'hook.session_end']);
  });
});

test.describe('gemini-cli with a question', () => {
  test.use({ kind: gemini });

  // At a terminal it asks before each command; without one it has no shell then.
  test('is said to wait, and the next prompt proves a refusal', async ({ daemon, client }) => {
    await client.install();
    const person = await client.sitDown('desk', ['--approval-mode', 'default']);
    await person.begins('[[scenario:refused]] go');
    const question = { state: 'waiting_permission', needs: 'permission' };
    await person.isSaid(question);
    await person.pressesAtLast('Escape', /Request cancelled/);
    await goesOn(person, daemon, client);
    await person.hasSpan({ tool_name: 'run_shell_command', outcome: 'denied', closed_by: 'hook.user_prompt' });
    await person.asks('[[scenario:sleepy seconds=1]] go');
    await person.isSaid(question);
    await person.pressesAtLast('Enter', /Slept/);
    await person.hasSpan({ tool_name: 'run_shell_command', outcome: 'ok', closed_by: 'hook.post_tool_use' });
    await person.isSaid({ state: 'waiting_user', needs: 'idle', turns: 3 });
  });
});
