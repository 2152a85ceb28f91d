// Where the built binaries are, and one way to run the command line to its end.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TARGET = process.env['TAILHOOK_E2E_TARGET'] ?? fileURLToPath(new URL('../../target/release', import.meta.url));

export function binary(name: 'tailhook' | 'tailhook-hook'): string {
  const path = join(TARGET, name);
  if (!existsSync(path)) throw new Error(`${path} is not there: run make build, or set TAILHOOK_E2E_TARGET`);
  return path;
}

/** Runs `tailhook ARGS`; with an exit code other than 0 it throws with what stood on stderr. */
export function tailhook(args: string[], env: Record<string, string>, stdin = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { PATH: '/usr/local/bin:/usr/bin:/bin', NO_COLOR: '1', ...env }, timeout: 60_000 };
    const child = execFile(binary('tailhook'), args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`tailhook ${args.join(' ')}: ${error.message}\n${stderr}`));
      else resolve(stdout);
    });
    // A command that reads no stdin may be gone before it is closed.
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}
