// A client as a process: started in an environment built from nothing, ended with everything it started.
import { spawn } from 'node:child_process';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Start {
  program: string;
  args: string[];
  cwd: string;
  /** All of it: what the client finds is what the spec put there. */
  env: Record<string, string>;
  deadline_ms?: number;
  /** Ends it early, by force. */
  signal?: AbortSignal;
  /** Once this resolves, an interrupt goes to the client and all that it runs, as Ctrl-C in a terminal does. */
  interrupt?: Promise<unknown>;
}

/** One run from start to end. */
export async function run(start: Start): Promise<Ended> {
  const { program, args, cwd, env, deadline_ms = 120_000, signal, interrupt } = start;
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that a client which must be ended takes its tools with it.
    detached: true,
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
  const end = () => process.kill(-child.pid!, 'SIGKILL');
  const deadline = setTimeout(end, deadline_ms);
  signal?.addEventListener('abort', end);
  void interrupt?.then(() => process.kill(-child.pid!, 'SIGINT'));
  try {
    ended.code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', end);
  }
  return ended;
}
