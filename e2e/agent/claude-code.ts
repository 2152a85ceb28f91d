// The real client, headless, in an environment built from nothing: what it finds is what the spec put there.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { run } from './process.ts';
import type { Ended } from './process.ts';

export interface Surroundings {
  /** Throw-away HOME: settings, transcripts and caches go here. */
  home: string;
  /** Where the model is: `MessagesApi.url()`. */
  api_url: string;
  more?: Record<string, string>;
}

export interface Session {
  prompt: string;
  cwd: string;
  surroundings: Surroundings;
  args?: string[];
  deadline_ms?: number;
  /** Ends the session early. */
  signal?: AbortSignal;
}

/**
 * The client's native binary. Its package links it to `bin/claude.exe` in a postinstall script, which npm may be told not
 * to run; the binary in the platform's own package is there either way.
 */
export function claudeBinary(): string {
  const chosen = process.env['TAILHOOK_E2E_CLAUDE'];
  if (chosen) return chosen;
  const scope = join(dirname(createRequire(import.meta.url).resolve('@anthropic-ai/claude-code/package.json')), '..');
  const platform = `${process.platform}-${process.arch}`;
  const candidates = [platform, `${platform}-musl`].map((name) => join(scope, `claude-code-${name}`, 'claude'));
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw new Error(`no Claude Code for ${platform}: run npm ci in e2e/, or set TAILHOOK_E2E_CLAUDE`);
  return found;
}

export function clientEnvironment({ home, api_url, more }: Surroundings): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    ANTHROPIC_BASE_URL: api_url,
    ANTHROPIC_API_KEY: 'dummy-key',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    // Lets root (a container) skip the permission dialogs.
    IS_SANDBOX: '1',
    ...more,
  };
}

/** One `claude -p` session from start to end. */
export async function runClaudeCode({
  prompt,
  cwd,
  surroundings,
  args = [],
  deadline_ms,
  signal,
}: Session): Promise<Ended> {
  const all = ['-p', prompt, '--dangerously-skip-permissions', ...args];
  return run({ program: claudeBinary(), args: all, cwd, env: clientEnvironment(surroundings), deadline_ms, signal });
}
