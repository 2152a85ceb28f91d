// A daemon of one spec: its own TAILHOOK_HOME, a port nobody else has, and always ended by its pid.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Api } from './api.ts';
import { binary, tailhook } from './binaries.ts';

interface Ready {
  ready: true;
  url: string;
  port: number;
  pid: number;
}

const START_MS = 30_000;
const STOP_MS = 15_000;

export class Daemon {
  private child: ChildProcess | undefined;
  private ready: Ready | undefined;
  private log = '';

  private constructor(
    readonly home: string,
    private readonly user_home: string,
  ) {}

  /** Redaction is off: the specs compare what was stored with what was sent, byte for byte. */
  static async start(home: string, user_home: string, settings = ''): Promise<Daemon> {
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'config.toml'), `redact = "off"\n${settings}`);
    const daemon = new Daemon(home, user_home);
    await daemon.serve(0);
    return daemon;
  }

  get url(): string {
    return this.running().url.replace(/\/$/, '');
  }

  get port(): number {
    return this.running().port;
  }

  get environment(): Record<string, string> {
    return { HOME: this.user_home, TAILHOOK_HOME: this.home };
  }

  /** What it wrote to stderr, for the report of a spec that failed. */
  get stderr(): string {
    return this.log;
  }

  async token(): Promise<string> {
    return (await readFile(join(this.home, 'token'), 'utf8')).trim();
  }

  async api(): Promise<Api> {
    return new Api(this.url, await this.token());
  }

  /** One `tailhook` command of the user whose daemon this is. */
  command(args: string[], stdin?: string): Promise<string> {
    return tailhook(args, this.environment, stdin);
  }

  /** As a power cut would: no signal handler runs. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.serve(this.port);
  }

  /** The exit code, or the signal that had to end it. */
  async stop(): Promise<number | string | null> {
    return this.end('SIGTERM');
  }

  private running(): Ready {
    if (!this.ready) throw new Error('the daemon was never ready');
    return this.ready;
  }

  private async serve(port: number): Promise<void> {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', ...this.environment };
    const child = spawn(binary('tailhook'), ['serve', '--port', String(port), '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    const first = await within(START_MS, 'ready line', firstLine(child)).catch((error: Error) => {
      child.kill('SIGKILL');
      throw new Error(`the daemon did not start: ${error.message}\n${this.log}`);
    });
    this.ready = JSON.parse(first) as Ready;
    if (this.ready.pid !== child.pid) throw new Error(`the ready line names pid ${this.ready.pid}, not ${child.pid}`);
  }

  private async end(signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? child?.signalCode ?? null;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await within(STOP_MS, 'exit', exited).catch(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    return child.exitCode ?? child.signalCode;
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  const exited = new Promise<never>((_, reject) =>
    child.once('exit', (code) => reject(new Error(`it exited with ${code}`))),
  );
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout! }).once('line', resolve));
  return Promise.race([line, exited]);
}

async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>(
    (_, reject) => (timer = setTimeout(() => reject(new Error(`no ${what} within ${ms} ms`)), ms)),
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
