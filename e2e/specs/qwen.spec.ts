// Qwen Code: complete, exactly once and not felt; and its prompts that nobody wrote are none.
import { qwen } from '../agent/qwen/qwen.ts';
import { expectStoreHoldsWhatWasSeen } from './complete.ts';
import { expect, test } from './fixtures.ts';

test.use({ kind: qwen });

interface Session {
  state: string;
  turns: number;
  tools: number;
  failures: number;
}

const SESSIONS = [
  { scenario: 'tools', says: 'All done.\n', tools: 5, failures: 0 },
  { scenario: 'failing', says: 'Some of it failed.\n', tools: 2, failures: 2 },
];

for (const { scenario, says, tools, failures } of SESSIONS) {
  test(`a session of ${scenario} is stored completely, and the same as without tailhook`, async ({ daemon, client }) => {
    const bare = await client.run(`[[scenario:${scenario}]] go`);
    expect({ code: bare.code, stdout: bare.stdout }).toEqual({ code: 0, stdout: says });
    await client.install();
    const hooked = await client.run(`[[scenario:${scenario}]] go`);
    expect({ code: hooked.code, stdout: hooked.stdout }).toEqual({ code: 0, stdout: says });

    const events = await expectStoreHoldsWhatWasSeen(daemon, client.witness);
    const { session_id } = events[0]!;
    const session = await (await daemon.api()).json<Session>(`/api/v1/sessions/${session_id}`);
    expect(session).toMatchObject({ turns: 1, tools, failures });
  });
}

test('neither a journal that cannot be written nor a missing program is felt', async ({ client }) => {
  await client.install();
  const unwritable = await client.run('[[scenario:tools]] go', { env: { TAILHOOK_HOME: '/dev/null/nowhere' } });
  expect(unwritable).toMatchObject({ code: 0, stdout: 'All done.\n' });
  await client.edit((hooks) => {
    for (const { hooks: entries } of Object.values(hooks).flat()) {
      entries[0]!['command'] = String(entries[0]!['command']).replaceAll('/tailhook-hook', '/gone/tailhook-hook');
    }
  });
  const gone = await client.run('[[scenario:tools]] go');
  expect(gone).toMatchObject({ code: 0, stdout: 'All done.\n' });
  // The client names files of its own, which lie below this folder, whatever that is called.
  const ours = (stderr: string) => stderr.replaceAll(/\S*\/e2e-clients\/\S*/g, '');
  for (const { stderr } of [unwritable, gone]) expect(ours(stderr)).not.toMatch(/tailhook|No such file/);
});
