// The real client with tailhook's hooks: complete, exactly once, and not felt by the agent.
import { Subscriber } from '../tailhook/subscriber.ts';
import { AWKWARD_TEXT, LARGE_BYTES } from '../agent/scenarios.ts';
import { expectDelivered, expectStoreHoldsWhatWasSeen } from './complete.ts';
import { expect, test } from './fixtures.ts';

const SESSIONS = [
  {
    title: 'several tools',
    scenario: 'tools',
    says: 'All done.\n\nSecond line 🎉.',
    types: ['hook.post_tool_use', 'hook.cwd_changed'],
  },
  { title: 'parallel calls', scenario: 'parallel', says: 'All three ran.', types: ['hook.post_tool_batch'] },
  { title: 'failing tools', scenario: 'failing', says: 'Some of it failed.', types: ['hook.post_tool_use_failure'] },
  {
    title: 'subagents',
    scenario: 'delegating',
    says: 'The subagents are back.',
    types: ['hook.subagent_start', 'hook.subagent_stop'],
  },
  { title: 'unicode and control characters', scenario: 'awkward', says: AWKWARD_TEXT, types: ['hook.post_tool_use'] },
  { title: 'a Write of 300 KB', scenario: 'large', says: 'Written.', types: ['hook.post_tool_use'] },
];

for (const { title, scenario, says, types } of SESSIONS) {
  test(`a session with ${title} is stored and delivered completely`, async ({ daemon, agent }) => {
    const api = await daemon.api();
    const single = await Subscriber.connect(api);
    const batched = await Subscriber.connect(api, 'tailhook.v1.json');

    const ended = await agent.run(`[[scenario:${scenario}]] go`);
    expect(ended).toEqual({ code: 0, stdout: `${says}\n`, stderr: '' });

    const events = await expectStoreHoldsWhatWasSeen(daemon, agent.witness);
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['hook.session_start', 'hook.user_prompt', 'hook.stop', 'hook.session_end', ...types]),
    );
    await expectDelivered(single, events);
    await expectDelivered(batched, events);
    await single.close();
    await batched.close();
  });
}

test('a 300 KB payload comes back whole, its envelope stays small', async ({ daemon, agent }) => {
  await agent.run('[[scenario:large]] go');
  const events = await expectStoreHoldsWhatWasSeen(daemon, agent.witness);
  const write = events.find(({ type, data }) => type === 'hook.pre_tool_use' && data['tool_name'] === 'Write')!;
  const { payload } = await (await daemon.api()).event(write.seq);
  const { content } = (payload as { tool_input: { content: string } }).tool_input;
  expect(Buffer.byteLength(content)).toBeGreaterThanOrEqual(LARGE_BYTES);
  expect([...String(write.data['summary'])].length).toBeLessThanOrEqual(200);
  expect(JSON.stringify(write).length).toBeLessThan(4096);
});

test('two sessions at once are kept apart', async ({ daemon, agent }) => {
  const [left, right] = await Promise.all([
    agent.run('[[scenario:quick n=15]] go', { project: 'left' }),
    agent.run('[[scenario:parallel]] go', { project: 'right' }),
  ]);
  expect([left.code, right.code]).toEqual([0, 0]);
  const events = await expectStoreHoldsWhatWasSeen(daemon, agent.witness);
  const api = await daemon.api();
  const ids = [...new Set(events.map(({ session_id }) => session_id))];
  expect(ids).toHaveLength(2);
  for (const id of ids) {
    const own = await api.events(id);
    expect(own.map(({ seq }) => seq)).toEqual(
      events.filter(({ session_id }) => session_id === id).map(({ seq }) => seq),
    );
    expect(own.at(-1)?.type).toBe('hook.session_end');
  }
});

test('a daemon that was killed, or not yet started, misses nothing', async ({ daemon, agent }) => {
  const running = agent.run('[[scenario:slow n=6 seconds=0.5]] go');
  await expect.poll(() => agent.witness.count()).toBeGreaterThan(5);
  await daemon.kill();
  const so_far = await agent.witness.count();
  await expect.poll(() => agent.witness.count()).toBeGreaterThan(so_far + 3);
  await daemon.restart();
  expect(await running).toEqual({ code: 0, stdout: 'Slow and steady.\n', stderr: '' });

  await daemon.kill();
  expect((await agent.run('[[scenario:tools]] go')).code).toBe(0);
  await daemon.restart();
  const events = await expectStoreHoldsWhatWasSeen(daemon, agent.witness);

  const late = await Subscriber.connect(await daemon.api(), undefined, '?since=0');
  await expectDelivered(late, events);
  await late.close();
});

test('the model is sent the same with and without tailhook', async ({ daemon, agent }) => {
  const seen_by_model = async (args: string[]) => {
    const from = agent.model.requests.length;
    const ended = await agent.run('[[scenario:failing]] go', { args });
    return { ended, messages: agent.model.requests.slice(from).map(withoutIds) };
  };
  const without = await seen_by_model(['--settings', '{"disableAllHooks":true}']);
  expect(await (await daemon.api()).events()).toEqual([]);
  const hooked = await seen_by_model([]);
  expect(hooked).toEqual(without);
  expect(hooked.messages.join()).not.toMatch(/tailhook/i);
});

/** The conversation in a request, without what differs from run to run. */
function withoutIds(request: string): string {
  const { messages } = JSON.parse(request) as { messages: unknown };
  return JSON.stringify(messages)
    .replaceAll(/toolu_\w+/g, 'toolu')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'uuid');
}
