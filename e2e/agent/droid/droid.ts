// The real Factory Droid, headless (`droid exec`), with a model of its user's own and no account.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientFile } from '../clients.ts';
import type { Kind } from '../kind.ts';
import { startChatApi } from '../qwen/chat-api.ts';
import { call, say, turn } from '../script.ts';
import type { Call, Scripts } from '../script.ts';
import type { HookGroup } from '../witness.ts';

const shell = (command: string, riskLevel = 'low'): Call =>
  call('Execute', { summary: 'Run it', command, riskLevel, riskLevelReason: 'a test', timeout: 10 });

const SCENARIOS: Scripts = {
  tools: {
    turns: ({ folder }) => [
      turn(say('Starting.'), shell('rm -f notes.txt; echo hello')),
      turn(call('Create', { file_path: `${folder}/notes.txt`, content: 'alpha\nbeta ü\n' })),
      turn(call('Read', { file_path: `${folder}/notes.txt` })),
      turn(shell('echo one'), shell('echo two')),
      turn(say('All done.')),
    ],
  },
  failing: {
    turns: ({ folder }) => [
      turn(shell('echo oops >&2; exit 3')),
      turn(call('Read', { file_path: `${folder}/missing.txt` })),
      turn(say('Some of it failed.')),
    ],
  },
  refused: { turns: () => [turn(shell('touch not-allowed', 'high')), turn(say('It was refused.'))] },
  sleepy: { turns: ({ seconds = '8' }) => [turn(shell(`sleep ${seconds}`)), turn(say('Slept.'))] },
  pondering: { turns: () => [{ ...turn(say('Well, well.')), think_ms: 8_000 }] },
  hello: { turns: () => [turn(say('Hello there.'))] },
  quick: { turns: () => [...['a', 'b', 'c', 'd'].map((word) => turn(shell(`echo ${word}`))), turn(say('Quick enough.'))] },
};

export const droid: Kind = {
  name: 'droid',
  settings: '.factory/hooks.json',
  program: () => clientFile('TAILHOOK_E2E_DROID', '@factory/cli-linux-x64/bin/droid'),
  startModel: (folder) => startChatApi(SCENARIOS, folder),

  async prepare(home, api_url) {
    const model = {
      model: 'scripted',
      displayName: 'scripted',
      baseUrl: `${api_url}/v1`,
      apiKey: 'dummy-key',
      provider: 'generic-chat-completion-api',
      maxOutputTokens: 4_000,
    };
    await writeFile(join(home, '.factory', 'settings.json'), JSON.stringify({ customModels: [model] }));
  },

  hookEntry: (command) => ({ type: 'command', command, timeout: 30 }),

  async witness(home, entry) {
    const file = join(home, '.factory', 'hooks.json');
    const events = JSON.parse(await readFile(file, 'utf8')) as Record<string, HookGroup[]>;
    for (const groups of Object.values(events)) groups[0]!.hooks.push(entry);
    await writeFile(file, JSON.stringify(events));
  },

  args: (prompt, more) => ['exec', ...(more.length > 0 ? more : ['--auto', 'high']), '-m', 'custom:scripted-0', prompt],

  // Nobody answers at the discard port: what it would ask its makers for fails at once.
  environment: () => ({
    FACTORY_API_BASE_URL: 'http://127.0.0.1:9',
    FACTORY_APP_BASE_URL: 'http://127.0.0.1:9',
    FACTORY_TELEMETRY_INGEST_BASE_URL: 'http://127.0.0.1:9',
    FACTORY_DISABLE_KEYRING: '1',
    FACTORY_DROID_AUTO_UPDATE_ENABLED: 'false',
  }),
};
