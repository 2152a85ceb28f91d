// The real hook, called as an agent calls it: one process for each event, the payload on its standard input.
import { spawn } from 'node:child_process';
import { binary } from '../tailhook/binaries.ts';

export type Payload = Record<string, unknown>;

/** Resolves when the hook has exited; the journal has the event then. */
export function callHook(
  home: string,
  agent: string,
  payload: Payload | string,
  event?: string,
  variables: Record<string, string> = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = event === undefined ? [agent] : [agent, event];
    const child = spawn(binary('tailhook-hook'), args, {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', TAILHOOK_HOME: home, ...variables },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the hook exited with ${code}`))));
    child.stdin.end(typeof payload === 'string' ? payload : JSON.stringify(payload));
  });
}
