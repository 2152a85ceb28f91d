// The real OpenCode, headless (`opencode run`), with the plugin that `tailhook install opencode` writes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { binary } from '../../tailhook/binaries.ts';
import { clientFile } from '../clients.ts';
import type { Kind } from '../kind.ts';
import { startChatApi } from '../qwen/chat-api.ts';
import { call, say, turn } from '../script.ts';
import type { Call, Scripts } from '../script.ts';

const FOLDER = '.config/opencode';

const shell = (command: string): Call => call('bash', { command, description: `Run ${command.slice(0, 40)}` });

const SCENARIOS: Scripts = {
  tools: {
    turns: ({ folder }) => [
      turn(say('Starting.'), shell('rm -f notes.txt; echo hello')),
      turn(call('write', { filePath: `${folder}/notes.txt`, content: 'alpha\nbeta ü\n' })),
      turn(call('read', { filePath: `${folder}/notes.txt` })),
      turn(shell('echo one'), shell('echo two')),
      turn(say('All done.')),
    ],
  },
  failing: {
    turns: ({ folder }) => [
      turn(shell('echo oops >&2; exit 3')),
      turn(call('read', { filePath: `${folder}/missing.txt` })),
      turn(say('Some of it failed.')),
    ],
  },
  // The settings below ask for this one, and nobody is there to answer.
  refused: { turns: () => [turn(shell('touch not-allowed')), turn(say('It was refused.'))] },
  sleepy: { turns: ({ seconds = '8' }) => [turn(shell(`sleep ${seconds}`)), turn(say('Slept.'))] },
  pondering: { turns: () => [{ ...turn(say('Well, well.')), think_ms: 8_000 }] },
  hello: { turns: () => [turn(say('Hello there.'))] },
  quick: { turns: () => [...['a', 'b', 'c', 'd'].map((word) => turn(shell(`echo ${word}`))), turn(say('Quick enough.'))] },
};

export const opencode: Kind = {
  name: 'opencode',
  settings: `${FOLDER}/plugins/tailhook.js`,
  program: () => clientFile('TAILHOOK_E2E_OPENCODE', 'opencode-linux-x64/bin/opencode'),
  startModel: (folder) => startChatApi(SCENARIOS, folder),

  async prepare(home, api_url) {
    const models = { scripted: { name: 'scripted', tool_call: true, limit: { context: 100_000, output: 10_000 } } };
    const options = { baseURL: `${api_url}/v1`, apiKey: 'dummy-key' };
    const settings = {
      autoupdate: false,
      share: 'disabled',
      permission: { '*': 'allow', bash: { '*': 'allow', 'touch *': 'ask' } },
      model: 'local/scripted',
      small_model: 'local/scripted',
      provider: { local: { npm: '@ai-sdk/openai-compatible', name: 'local', options, models } },
    };
    await writeFile(join(home, FOLDER, 'opencode.json'), JSON.stringify(settings));
  },

  hookEntry: (command) => ({ command }),

  /** Runs programs, not shells: the plugin once more, under a name and with a program of its own. */
  async witness(home, { command }) {
    const plugins = join(home, FOLDER, 'plugins');
    const program = join(home, 'witness');
    await writeFile(program, `#!/bin/sh\n${String(command)}\n`, { mode: 0o755 });
    const plugin = await readFile(join(plugins, 'tailhook.js'), 'utf8');
    await writeFile(join(plugins, 'witness.js'), plugin.replaceAll(binary('tailhook-hook'), program));
  },

  args: (prompt, more) => ['run', ...more, prompt],

  environment: () => ({
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    // It fetches a package for plugins at its first start, which ours does not need. A start that ends before it is there
    // would leave a lock behind, for which the next one waits a minute.
    npm_config_registry: 'http://127.0.0.1:9',
    npm_config_fetch_retries: '0',
  }),

  at_terminal: { args: (more) => more, ready: /Ask anything/ },
};
