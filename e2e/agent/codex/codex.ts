// The real Codex CLI, headless (`codex exec`), as `tailhook install codex` leaves it.
import { existsSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Kind } from '../kind.ts';
import { listHooks } from './hooks-list.ts';
import { startResponsesApi } from './responses-api.ts';
import { CODEX_SCENARIOS } from './scenarios.ts';

const TARGETS: Record<string, string> = {
  'linux-x64': 'x86_64-unknown-linux-musl',
  'linux-arm64': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
};

/** The native binary in the package of this platform: the script in front of it would only add its own processes. */
export function codexBinary(): string {
  const chosen = process.env['TAILHOOK_E2E_CODEX'];
  if (chosen) return chosen;
  const platform = `${process.platform}-${process.arch}`;
  const scope = join(dirname(createRequire(import.meta.url).resolve('@openai/codex/package.json')), '..');
  const vendor = join(scope, `codex-${platform}`, 'vendor', TARGETS[platform] ?? platform);
  const found = [join(vendor, 'bin', 'codex'), join(vendor, 'codex', 'codex')].find((path) => existsSync(path));
  if (!found) throw new Error(`no Codex for ${platform}: run npm ci in e2e/, or set TAILHOOK_E2E_CODEX`);
  return found;
}

export const codex: Kind = {
  name: 'codex',
  settings: '.codex/hooks.json',
  program: codexBinary,
  startModel: (folder) => startResponsesApi(CODEX_SCENARIOS, folder),

  async prepare(home, api_url) {
    const config = `model = "gpt-5.5"
model_provider = "local"
[model_providers.local]
name = "local"
base_url = "${api_url}/v1"
wire_api = "responses"
env_key = "LOCAL_KEY"
request_max_retries = 0
stream_max_retries = 0
[analytics]
enabled = false
`;
    await writeFile(join(home, '.codex', 'config.toml'), config);
  },

  hookEntry: (command) => ({ type: 'command', command, timeout: 3 }),

  args: (prompt, more) => ['exec', '--skip-git-repo-check', ...(more.length > 0 ? more : ['-s', 'danger-full-access']), prompt],

  environment: () => ({ LOCAL_KEY: 'dummy-key' }),
  consent: trustHooks,

  at_terminal: {
    // It has news to tell about models that it knows.
    args: (more) => ['-m', 'scripted', ...(more.length > 0 ? more : ['-s', 'danger-full-access'])],
    ready: /Ask Codex to do anything|Would you like to run/,

    async settle(home, folder) {
      const config = join(home, '.codex', 'config.toml');
      const before = await readFile(config, 'utf8');
      // How long its server keeps a session that nobody is at; a minute if nothing is said.
      const patience = before.includes('thread_unload_delay_secs') ? '' : 'thread_unload_delay_secs = 2\n';
      const project = `[projects.${JSON.stringify(folder)}]\ntrust_level = "trusted"\n`;
      await writeFile(config, patience + before + (before.includes(project) ? '' : project));
    },
  },
};

/** Ends the server that all terminals of one user share, as a machine that runs out of memory would. */
export async function killServer(home: string): Promise<void> {
  const file = join(home, '.codex', 'app-server-daemon', 'daemon.pid');
  const { pid } = JSON.parse(await readFile(file, 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
}

/** What a person does who presses `t` in the terminal: every hook that is there now may run. */
async function trustHooks(home: string, cwd: string): Promise<void> {
  const hooks = await listHooks(codexBinary(), home, cwd);
  const config = join(home, '.codex', 'config.toml');
  const before = await readFile(config, 'utf8');
  const states = hooks.map(({ key, currentHash }) => `[hooks.state.${JSON.stringify(key)}]\ntrusted_hash = "${currentHash}"\n`);
  await writeFile(config, before.replace(/\[hooks\.state[^[]*/g, ''));
  await appendFile(config, states.join(''));
}
