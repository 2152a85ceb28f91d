// The real command line of Cline, headless, with a model of its user's own and no account.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientFile } from '../clients.ts';
import type { Kind } from '../kind.ts';
import { run } from '../process.ts';
import { startChatApi } from '../qwen/chat-api.ts';
import { call, say, turn } from '../script.ts';
import type { Call, Scripts } from '../script.ts';

const HOOKS = 'Documents/Cline/Hooks';

const shell = (...commands: string[]): Call => call('run_commands', { commands });

const SCENARIOS: Scripts = {
  tools: {
    turns: ({ folder }) => [
      turn(say('Starting.'), shell('rm -f notes.txt; echo hello')),
      turn(call('editor', { path: `${folder}/notes.txt`, new_text: 'alpha\nbeta ü\n' })),
      turn(call('read_files', { files: [{ path: `${folder}/notes.txt` }] })),
      turn(shell('echo one'), shell('echo two')),
      turn(say('All done.')),
    ],
  },
  failing: {
    turns: ({ folder }) => [
      turn(shell('echo oops >&2; exit 3')),
      turn(call('read_files', { files: [{ path: `${folder}/missing.txt` }] })),
      turn(say('Some of it failed.')),
    ],
  },
  delegating: {
    turns: () => [
      turn(call('spawn_agent', { systemPrompt: 'You look around.', task: '[[scenario:looking]] look around' })),
      turn(say('The subagent is back.')),
    ],
  },
  looking: { turns: () => [turn(shell('ls')), turn(say('Looked around.'))] },
  sleepy: { turns: ({ seconds = '8' }) => [turn(shell(`sleep ${seconds}`)), turn(say('Slept.'))] },
  pondering: { turns: () => [{ ...turn(say('Well, well.')), think_ms: 8_000 }] },
  hello: { turns: () => [turn(say('Hello there.'))] },
  quick: { turns: () => [...['a', 'b', 'c', 'd'].map((word) => turn(shell(`echo ${word}`))), turn(say('Quick enough.'))] },
};

const program = (): string => clientFile('TAILHOOK_E2E_CLINE', '@cline/cli-linux-x64/bin/cline');

export const cline: Kind = {
  name: 'cline',
  settings: HOOKS,
  program,
  startModel: (folder) => startChatApi(SCENARIOS, folder),

  async prepare(home, api_url) {
    const args = ['auth', '-p', 'openai-compatible', '-k', 'dummy-key', '-m', 'scripted', '-b', `${api_url}/v1`];
    const env = { PATH: '/usr/bin:/bin', HOME: home };
    const { code, stderr } = await run({ program: program(), args, cwd: home, env });
    if (code !== 0) throw new Error(`cline auth: ${stderr}`);
  },

  hookEntry: (command) => ({ command }),

  /** One script an event: the witness has a folder of its own, which the client reads as well. */
  async witness(home, { command }) {
    const folder = join(home, '.cline', 'hooks');
    await mkdir(folder, { recursive: true });
    for (const event of await readdir(join(home, HOOKS))) {
      await writeFile(join(folder, event), `#!/bin/sh\n${String(command)}\necho '{"cancel":false}'\n`, { mode: 0o755 });
    }
  },

  args: (prompt, more) => [...more, prompt],

  // Else it leaves a daemon behind that all sessions of the machine share.
  environment: () => ({ CLINE_SESSION_BACKEND_MODE: 'local' }),

  at_terminal: {
    args: (more) => more,
    // It has something to sell at its first start.
    ready: /any other key to close/,
    greeting: { key: 'Escape', gone: /❯ What can I do for you\?/ },
  },
};
