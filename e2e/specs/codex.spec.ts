// Codex runs a hook only after its user has looked at it: what tailhook says about that, and that it never decides it.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codexBinary } from '../agent/codex/codex.ts';
import { binary } from '../tailhook/binaries.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { expectStoreHoldsWhatWasSeen } from './complete.ts';
import { expect, test } from './fixtures.ts';

interface Finding {
  check: string;
  status: string;
  message: string;
  fix: string | null;
}

test('hooks that wait for consent are named, and nobody else gives it', async ({ daemon, client }) => {
  const said = await daemon.command(['install', 'codex', '--yes']);
  expect(said).toContain('Codex runs no hook before you have trusted it');
  expect((await client.run('[[scenario:hello]] go')).code).toBe(0);
  expect(await (await daemon.api()).events()).toEqual([]);

  const config = join(client.home, '.codex', 'config.toml');
  const before = await readFile(config, 'utf8');
  expect(await trust(daemon)).toMatchObject({ status: 'problem', fix: 'codex' });
  expect((await trust(daemon)).message).toContain('are not trusted yet');
  expect(await readFile(config, 'utf8')).toBe(before);

  await client.consent();
  expect(await trust(daemon)).toMatchObject({ status: 'ok' });
  expect((await client.run('[[scenario:hello]] go')).code).toBe(0);
  await expect.poll(async () => (await (await daemon.api()).events()).length).toBeGreaterThan(3);

  await client.edit((hooks) => (hooks['Stop']![0]!.hooks[0]!['timeout'] = 1));
  const changed = await trust(daemon);
  expect(changed).toMatchObject({ status: 'problem' });
  expect(changed.message).toContain('1 of 13 changed since they were trusted (stop)');
});

test('installing again keeps the consent, and its events stay in the store when it goes', async ({ daemon, client }) => {
  await client.install();
  await daemon.command(['install', 'codex', '--yes']);
  await client.run('[[scenario:hello]] go');
  const events = await expectStoreHoldsWhatWasSeen(daemon, client.witness);
  expect(await trust(daemon)).toMatchObject({ status: 'ok' });
  await daemon.command(['uninstall', 'codex', '--yes']);
  await client.consent();
  await client.run('[[scenario:hello]] go');
  expect((await (await daemon.api()).events()).filter(({ agent }) => agent === 'codex')).toHaveLength(events.length);
});

async function trust(daemon: Daemon): Promise<Finding> {
  const env = { ...daemon.environment, PATH: `${dirname(codexBinary())}:/usr/bin:/bin`, NO_COLOR: '1' };
  // It ends with 1 where it finds a problem, which is what is asked for here.
  const report = await new Promise<string>((resolve) =>
    execFile(binary('tailhook'), ['doctor', '--json'], { env }, (_, stdout) => resolve(stdout)),
  );
  const { findings } = JSON.parse(report) as { findings: Finding[] };
  return findings.find(({ check }) => check === 'codex.trust')!;
}
