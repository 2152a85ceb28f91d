// The real GitHub Copilot CLI, headless (`copilot -p`), offline and with a model of its user's own.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientFile } from '../clients.ts';
import type { Kind } from '../kind.ts';
import { startChatApi } from '../qwen/chat-api.ts';
import { call, say, turn } from '../script.ts';
import type { Call, Scripts } from '../script.ts';

const SETTINGS = '.copilot/hooks/tailhook.json';

const shell = (command: string): Call => call('bash', { command, description: `Run ${command.slice(0, 40)}` });

const SCENARIOS: Scripts = {
  tools: {
    turns: ({ folder }) => [
      turn(say('Starting.'), shell('rm -f notes.txt; echo hello')),
      turn(call('create', { path: `${folder}/notes.txt`, file_text: 'alpha\nbeta ü\n' })),
      turn(call('view', { path: `${folder}/notes.txt` })),
      turn(shell('echo one'), shell('echo two')),
      turn(say('All done.')),
    ],
  },
  failing: {
    turns: ({ folder }) => [
      turn(shell('echo oops >&2; exit 3')),
      turn(call('view', { path: `${folder}/missing.txt` })),
      turn(call('no_such_tool', { x: 1 })),
      turn(say('Some of it failed.')),
    ],
  },
  refused: { turns: () => [turn(shell('touch not-allowed')), turn(say('It was refused.'))] },
  delegating: {
    turns: () => [
      turn(call('task', { agent_type: 'explore', name: 'look', description: 'look around', prompt: '[[scenario:looking]] look' })),
      turn(say('The subagent is back.')),
    ],
  },
  looking: { turns: ({ folder }) => [turn(call('view', { path: folder })), turn(say('Looked around.'))] },
  sleepy: { turns: ({ seconds = '8' }) => [turn(shell(`sleep ${seconds}`)), turn(say('Slept.'))] },
  pondering: { turns: () => [{ ...turn(say('Well, well.')), think_ms: 8_000 }] },
  hello: { turns: () => [turn(say('Hello there.'))] },
  quick: { turns: () => [...['a', 'b', 'c', 'd'].map((word) => turn(shell(`echo ${word}`))), turn(say('Quick enough.'))] },
};

export const copilot: Kind = {
  name: 'copilot',
  settings: SETTINGS,
  program: () => clientFile('TAILHOOK_E2E_COPILOT', '@github/copilot-linux-x64/copilot'),
  startModel: (folder) => startChatApi(SCENARIOS, folder),
  prepare: () => Promise.resolve(),
  hookEntry: (command) => ({ type: 'command', command, timeout: 30 }),

  async witness(home, entry) {
    const file = join(home, SETTINGS);
    const settings = JSON.parse(await readFile(file, 'utf8')) as { hooks: Record<string, object[]> };
    for (const entries of Object.values(settings.hooks)) entries.push(entry);
    await writeFile(file, JSON.stringify(settings));
  },

  args: (prompt, more) => [...(more.length > 0 ? more : ['--allow-all']), '--no-auto-update', '-s', '-p', prompt],

  environment: (api_url) => ({
    COPILOT_OFFLINE: 'true',
    COPILOT_PROVIDER_BASE_URL: `${api_url}/v1`,
    COPILOT_PROVIDER_API_KEY: 'dummy-key',
    COPILOT_MODEL: 'gpt-5.2',
  }),

  at_terminal: {
    args: (more) => ['--no-auto-update', ...(more.length > 0 ? more : ['--allow-all'])],
    ready: /\? help/,
    settle: (home, folder) => writeFile(join(home, '.copilot', 'config.json'), JSON.stringify({ trustedFolders: [folder] })),
  },
};
