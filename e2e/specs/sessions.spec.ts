// Sessions as they really are: what a person does at the real client, and what the API says of it.
import { bash, call, say, turn } from '../agent/script.ts';
import type { Scripts } from '../agent/script.ts';
import { Office } from '../agent/person.ts';
import { expect, test as base } from './fixtures.ts';

const SCRIPTS: Scripts = {
  hello: { turns: () => [turn(say('Hello there.'))] },
  // Compacting asks for the same turn once more, slowly enough to be seen.
  pondering: { turns: () => [{ ...turn(say('Well, well.')), think_ms: 3_000 }] },
  refused: { turns: () => [{ blocks: [], refusal: { status: 400, kind: 'invalid_request_error' } }] },
  sleepy: { turns: ({ seconds = '30' }) => [turn(bash(`sleep ${seconds}`)), turn(say('Slept.'))] },
  writing: { turns: ({ folder }) => [turn(call('Write', { file_path: `${folder}/x.txt`, content: 'x\n' })), turn(say('Written.'))] },
  beside: {
    turns: () => [turn(bash('sleep 1; echo done', { run_in_background: true })), turn(say('It runs beside.'))],
  },
  helper: {
    turns: ({ folder }) => [
      turn(
        call('Agent', {
          description: 'count',
          prompt: `[[scenario:counting folder=${folder}]] count`,
          subagent_type: 'general-purpose',
          run_in_background: true,
        }),
      ),
      turn(say('A helper counts.')),
    ],
  },
  counting: { turns: () => [turn(bash('sleep 1; ls | wc -l')), turn(say('Counted.'))] },
};

const test = base.extend<{ office: Office }>({
  office: async ({ workshop, daemon }, use) => {
    const office = await Office.open(workshop, daemon, SCRIPTS, ['left', 'right']);
    await use(office);
    await office.close();
  },
});

test('Esc in a running command interrupts it, and the next prompt proves it', async ({ office }) => {
  const person = await office.sitDown('left', 'left', ['--dangerously-skip-permissions']);
  await person.asks('[[scenario:sleepy]] go');
  await person.hasSpan({ tool_name: 'Bash', outcome: 'running' });
  await person.isSaid({ state: 'working', git_branch: 'trunk' });
  await person.presses('Escape');
  await person.reads(/Interrupted/);
  await person.asks('[[scenario:hello]] again');
  await person.isSaid({ state: 'waiting_user', needs: 'idle', turns: 2 });
  await person.hasSpan({ tool_name: 'Bash', outcome: 'interrupted' });
  await person.hasSpan({ id: 'turn:1', outcome: 'interrupted' });
  await person.hasSpan({ id: 'turn:2', outcome: 'ok', closed_by: 'hook.stop' });
});

test('a permission is waited for, granted, and refused', async ({ office }) => {
  const person = await office.sitDown('left', 'left');
  await person.asks('[[scenario:writing]] one');
  await person.isSaid({ state: 'waiting_permission', needs: 'permission', waiting_for: 'Write' });
  await person.hasSpan({ tool_name: 'Write', outcome: 'waiting' });
  await person.presses('Enter');
  await person.isSaid({ state: 'waiting_user', needs: 'idle' });
  await person.hasSpan({ tool_name: 'Write', outcome: 'ok', wait_us: expect.any(Number) as unknown as number });
  await person.asks('[[scenario:writing]] two');
  await person.isSaid({ state: 'waiting_permission', waiting_for: 'Write' });
  await person.presses('Escape');
  await person.reads(/rejected|Interrupted|declined/i);
  await person.asks('[[scenario:hello]] again');
  await person.isSaid({ state: 'waiting_user', turns: 3 });
  await person.hasSpan({ tool_name: 'Write', outcome: 'denied' });
});

test('/clear goes on in another session, and both say so', async ({ office }) => {
  const person = await office.sitDown('left', 'left');
  await person.asks('[[scenario:hello]] one');
  await person.isSaid({ state: 'waiting_user' });
  await person.asks('/clear');
  await expect.poll(async () => (await office.sessions.all()).length).toBe(2);
  await person.isSaid({ state: 'ended', end_reason: 'clear', next_session_id: expect.any(String) as unknown as string });
  const { next_session_id } = await person.row();
  expect(await office.sessions.one(next_session_id!)).toMatchObject({ previous_session_id: person.session_id });
});

test('/compact is told while it goes on, and starts neither a turn nor a subagent', async ({ office }) => {
  const person = await office.sitDown('left', 'left');
  await person.asks('[[scenario:hello]] one');
  await person.isSaid({ state: 'waiting_user', turns: 1 });
  await person.asks('[[scenario:pondering]] two');
  await person.isSaid({ state: 'waiting_user', turns: 2 });
  await person.asks('/compact');
  await person.isSaid({ state: 'compacting' });
  await person.hasSpan({ kind: 'compaction', outcome: 'ok' });
  await person.isSaid({ state: 'waiting_user', turns: 2, subagents: 0 });
  await person.asks('[[scenario:hello]] three');
  await person.isSaid({ state: 'waiting_user', turns: 3, subagents: 0 });
  expect(await office.sessions.all()).toHaveLength(1);
});

test('a session that is taken up again goes on under its id, in the terminal and without one', async ({ office }) => {
  const before = await office.sitDown('before', 'left');
  await before.asks('[[scenario:hello]] one');
  await before.isSaid({ state: 'waiting_user', turns: 1 });
  await before.asks('/exit');
  await before.isSaid({ state: 'ended', end_reason: 'prompt_input_exit' });

  const after = await office.sitDown('after', 'left', ['--continue']);
  after.session_id = before.session_id;
  await after.isSaid({ state: 'starting', start_reason: 'resume', turns: 1 });
  await after.asks('[[scenario:hello]] two');
  await after.isSaid({ state: 'waiting_user', turns: 2 });
  expect((await after.row()).end_reason).toBeUndefined();
  await after.asks('/exit');
  await after.isSaid({ state: 'ended', end_reason: 'prompt_input_exit' });

  const { code } = await office.sends('left', '[[scenario:sleepy seconds=3]] three', ['--resume', before.session_id], async () => {
    await after.isSaid({ state: 'working', turns: 3 });
    await after.hasSpan({ tool_name: 'Bash', outcome: 'running' });
  });
  expect(code).toBe(0);
  await after.isSaid({ state: 'ended', end_reason: 'other', turns: 3 });
  await after.hasSpan({ id: 'turn:3', outcome: 'ok', closed_by: 'hook.stop' });
});

test('a session without a terminal works and ends, and says when it failed', async ({ office }) => {
  const worked = await office.sends('left', '[[scenario:sleepy seconds=3]] go', [], async (session) => {
    await session.isSaid({ state: 'working', turns: 1, failed: false });
    await session.hasSpan({ tool_name: 'Bash', outcome: 'running' });
  });
  expect(worked.code).toBe(0);
  await worked.session.isSaid({ state: 'ended', end_reason: 'other', failed: false });
  await worked.session.hasSpan({ tool_name: 'Bash', outcome: 'ok' });
  await worked.session.hasSpan({ kind: 'turn', outcome: 'ok', closed_by: 'hook.stop' });
  const failed = await office.sends('left', '[[scenario:refused]] go');
  expect(failed.code).toBe(1);
  await failed.session.isSaid({ state: 'ended', failed: true });
  await failed.session.hasSpan({ kind: 'turn', outcome: 'failed', closed_by: 'hook.stop_failure' });
});

test('two sessions in one folder are told apart', async ({ office }) => {
  const left = await office.sitDown('left', 'left', ['--dangerously-skip-permissions']);
  const right = await office.sitDown('right', 'left');
  await left.asks('[[scenario:sleepy]] go');
  await right.asks('[[scenario:writing]] go');
  await left.isSaid({ state: 'working', turns: 1, git_branch: 'trunk' });
  await right.isSaid({ state: 'waiting_permission', waiting_for: 'Write', turns: 1, git_branch: 'trunk' });
  await left.hasSpan({ tool_name: 'Bash', outcome: 'running' });
  expect((await left.row()).cwd).toBe((await right.row()).cwd);
  await right.presses('Enter');
  await right.isSaid({ state: 'waiting_user', needs: 'idle' });
  await left.isSaid({ state: 'working' });
  expect(await office.sessions.all()).toHaveLength(2);
  // Its command would outlive the client.
  await left.presses('Escape');
  await left.reads(/Interrupted/);
});

test('a background command and a background agent outlive their turn', async ({ office }) => {
  const person = await office.sitDown('left', 'left', ['--dangerously-skip-permissions']);
  await person.asks('[[scenario:beside]] go');
  await person.hasSpan({ tool_name: 'Bash', background: true, outcome: 'ok', closed_by: 'hook.user_prompt' });
  await person.hasSpan({ kind: 'turn', automatic: true, outcome: 'ok' });
  await person.isSaid({ state: 'waiting_user', turns: 1 });
  await person.asks('[[scenario:helper]] go');
  await person.hasSpan({ kind: 'agent', background: true, outcome: 'ok', closed_by: 'hook.subagent_stop' });
});

test('a client that is killed is gone, and its neighbour in the same folder is not', async ({ office }) => {
  const left = await office.sitDown('left', 'left', ['--dangerously-skip-permissions']);
  // Its command outlives the client, and should not outlive the spec.
  await left.asks('[[scenario:sleepy seconds=10]] go');
  await left.hasSpan({ tool_name: 'Bash', outcome: 'running' });
  const right = await office.sitDown('right', 'left', ['--dangerously-skip-permissions']);
  expect(left.session_id).not.toBe(right.session_id);
  await office.kill('left');
  await left.isSaid({ state: 'ended', end_reason: 'process_gone' });
  await left.hasSpan({ tool_name: 'Bash', outcome: 'gone', closed_by: 'session.process_gone' });
  expect((await right.row()).state).toBe('starting');
});

test('an agent whose hook is registered twice tells each event once', async ({ office, daemon }) => {
  await office.registerAgain();
  const person = await office.sitDown('left', 'left', ['--dangerously-skip-permissions']);
  await person.asks('[[scenario:hello]] same');
  await person.isSaid({ state: 'waiting_user', turns: 1 });
  await person.asks('[[scenario:hello]] same');
  await person.isSaid({ state: 'waiting_user', turns: 2 });
  const api = await daemon.api();
  // The last one's copy may still be on its way.
  await expect.poll(async () => (await api.json<{ duplicates: number }>('/api/v1/stats')).duplicates).toBeGreaterThan(4);
  const types = (await api.events(person.session_id)).map(({ type }) => type);
  expect(types.filter((type) => type === 'hook.session_start')).toHaveLength(1);
  expect(types.filter((type) => type === 'hook.user_prompt')).toHaveLength(2);
  expect(types.filter((type) => type === 'hook.stop')).toHaveLength(2);
});
