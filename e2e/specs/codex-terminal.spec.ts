// Codex at a terminal, where one server works for all terminals of its user and goes on when they are left.
import { join } from 'node:path';
import { killServer } from '../agent/codex/codex.ts';
import { expectStoreHoldsWhatWasSeen } from './complete.ts';
import { expect, test } from './fixtures.ts';

const YOURS = { state: 'waiting_user', needs: 'idle' };
// Codex has one reason for all ends.
const OVER = { state: 'ended', end_reason: 'other' };

test('a session that was left ends, its neighbours go on, and it wakes when it is taken up again', async ({ daemon, client }) => {
  await client.install();
  const quitting = await client.sitDown('quitting');
  const leaving = await client.sitDown('leaving');
  const staying = await client.sitDown('staying');
  for (const person of [quitting, leaving, staying]) await person.begins('[[scenario:hello]] one');
  for (const person of [quitting, leaving, staying]) await person.isSaid(YOURS);

  await quitting.asks('/quit');
  await leaving.walksAway();
  await quitting.isSaid(OVER);
  await leaving.isSaid(OVER);
  expect(await staying.row()).toMatchObject(YOURS);

  const again = await client.sitDown('again', ['resume', quitting.session_id]);
  again.session_id = quitting.session_id;
  await again.asks('[[scenario:hello]] two');
  await again.isSaid({ ...YOURS, start_reason: 'resume', turns: 2 });
  expect((await again.row()).end_reason).toBeUndefined();
  expect(await staying.row()).toMatchObject(YOURS);
  await again.asks('/quit');
  await again.isSaid({ ...OVER, turns: 2 });

  const events = await expectStoreHoldsWhatWasSeen(daemon, client.witness);
  const ends = events.filter(({ type }) => type === 'hook.session_end').map(({ session_id }) => session_id);
  expect(ends.sort()).toEqual([quitting, again, leaving].map(({ session_id }) => session_id).sort());
});

test('work and questions outlive their terminal, and are said as they are', async ({ client }) => {
  await client.install();
  const asked = await client.sitDown('asked', ['-s', 'workspace-write', '-a', 'on-request']);
  await asked.begins('[[scenario:refused]] one');
  const question = { state: 'waiting_permission', needs: 'permission', waiting_for: 'Bash' };
  await asked.isSaid(question);
  await asked.walksAway();

  const working = await client.sitDown('working');
  await working.begins('[[scenario:sleepy seconds=5]] one');
  await working.hasSpan({ tool_name: 'Bash', outcome: 'running' });
  await working.presses('C-c');
  await working.reads(/Run in background/);
  await working.presses('2');
  await working.hasSpan({ tool_name: 'Bash', outcome: 'ok' });
  await working.isSaid({ ...OVER, failed: false, turns: 1 });
  // It was left first: one that is over by now would have been by then.
  expect(await asked.row()).toMatchObject(question);

  const again = await client.sitDown('again', ['resume', asked.session_id]);
  again.session_id = asked.session_id;
  await again.reads(/Would you like to run/);
  await again.pressesAtLast('Escape', /interrupted|cancell?ed/i);
  await again.hasSpan({ tool_name: 'Bash', outcome: 'denied' });
});

test('a server that is killed takes the sessions of all its folders with it', async ({ client, workshop }) => {
  await client.install();
  const here = await client.sitDown('here');
  const there = await client.sitDown('there', [], join(workshop.root, 'elsewhere'));
  for (const person of [here, there]) await person.begins('[[scenario:hello]] one');
  for (const person of [here, there]) await person.isSaid(YOURS);
  // One more prompt each: a process is believed to be a session's from the second event on that it told.
  for (const person of [here, there]) await person.asks('[[scenario:hello]] two');
  for (const person of [here, there]) await person.isSaid({ ...YOURS, turns: 2 });
  await killServer(client.home);
  for (const person of [here, there]) await person.isSaid({ state: 'ended', end_reason: 'process_gone' });
});
