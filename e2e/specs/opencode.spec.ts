// The plugin that stands in for hooks in OpenCode, called as OpenCode calls it: what it tells, and that nothing of it is felt.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Daemon } from '../tailhook/daemon.ts';
import { expect, test } from './fixtures.ts';

type Handler = (input: object, output?: object) => Promise<void>;
interface Plugin {
  Tailhook: (context: { directory: string }) => Promise<Record<string, Handler>>;
}

/** A copy under a name of its own, because a module is loaded once. */
async function load(home: string, daemon: Daemon): Promise<Record<string, Handler>> {
  process.env['TAILHOOK_HOME'] = daemon.home;
  const file = join(home, '.config', 'opencode', 'plugins', 'tailhook.js');
  const module_file = join(home, `plugin-${Date.now()}.mjs`);
  await rename(file, module_file);
  const { Tailhook } = (await import(pathToFileURL(module_file).href)) as Plugin;
  return Tailhook({ directory: '/project' });
}

async function work(plugin: Record<string, Handler>): Promise<void> {
  const event = (type: string, properties: object) => plugin['event']!({ event: { type, properties } });
  const call = { tool: 'bash', sessionID: 's1', callID: 'c1' };
  await event('session.created', { info: { id: 's1', title: 'New session' } });
  await plugin['chat.message']!({ sessionID: 's1', agent: 'build' }, { parts: [{ type: 'text', text: 'go' }] });
  await plugin['tool.execute.before']!(call, { args: { command: 'echo ü' } });
  await plugin['tool.execute.after']!({ ...call, args: { command: 'echo ü' } }, { title: 'x', output: 'ü\n', metadata: { exit: 0 } });
  await event('message.part.updated', { part: { text: 'streamed' } });
  await event('session.idle', { sessionID: 's1' });
}

test('a session is told, and no more than was asked for', async ({ daemon, workshop }) => {
  await daemon.command(['install', 'opencode', '--yes']);
  await work(await load(workshop.home, daemon));
  const api = await daemon.api();
  await expect.poll(async () => (await api.events()).length).toBe(5);
  const events = await api.events('s1');
  expect(events.map(({ type, agent, data }) => [type, agent, data['summary']])).toEqual([
    ['hook.session_start', 'opencode', 'New session'],
    ['hook.user_prompt', 'opencode', 'go'],
    ['hook.pre_tool_use', 'opencode', 'echo ü'],
    ['hook.post_tool_use', 'opencode', 'echo ü'],
    ['hook.stop', 'opencode', undefined],
  ]);
});

test('events that nobody waits for are told in their order', async ({ daemon, workshop }) => {
  await daemon.command(['install', 'opencode', '--yes']);
  const plugin = await load(workshop.home, daemon);
  const prompts = Array.from({ length: 20 }, (_, at) => `prompt ${at}`);
  await Promise.all(prompts.map((text) => plugin['chat.message']!({ sessionID: 's1' }, { parts: [{ type: 'text', text }] })));
  const api = await daemon.api();
  await expect.poll(async () => (await api.events()).length).toBe(prompts.length);
  expect((await api.events('s1')).map(({ data }) => data['summary'])).toEqual(prompts);
});

test('a missing program is not felt', async ({ daemon, workshop }) => {
  await daemon.command(['install', 'opencode', '--yes']);
  const file = join(workshop.home, '.config', 'opencode', 'plugins', 'tailhook.js');
  const { readFile, writeFile } = await import('node:fs/promises');
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll('/tailhook-hook', '/gone/tailhook-hook'));
  await work(await load(workshop.home, daemon));
  expect(await (await daemon.api()).events()).toEqual([]);
});
