// The witness: an independent hook beside tailhook's, and what it has seen.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('witness.sh', import.meta.url));

export interface Testimony {
  /** When the hook started, in ms since the epoch. Hooks run side by side: this orders sessions, not single events. */
  at_ms: number;
  bytes: Buffer;
}

export interface HookGroup {
  matcher?: string;
  hooks: Record<string, unknown>[];
}
export type Hooks = Record<string, HookGroup[]>;

export class Witness {
  private constructor(readonly folder: string) {}

  static async create(folder: string): Promise<Witness> {
    await mkdir(folder, { recursive: true });
    return new Witness(folder);
  }

  /** What stands in a settings file for one event. Not `async`: the client then waits, and no event is lost at its end. */
  entry(): Record<string, unknown> {
    return { type: 'command', command: '/bin/sh', args: [SCRIPT, this.folder], timeout: 60 };
  }

  /** The same as a line for a shell, for clients that know no arguments. */
  command(): string {
    return `/bin/sh '${SCRIPT}' '${this.folder}'`;
  }

  /** Puts one entry beside those already in the settings file, on the same events and behind the same matchers. */
  async joinHooks(settings_path: string): Promise<void> {
    const settings = JSON.parse(await readFile(settings_path, 'utf8')) as { hooks: Hooks };
    for (const groups of Object.values(settings.hooks)) {
      for (const group of groups) group.hooks.push(this.entry());
    }
    await writeFile(settings_path, JSON.stringify(settings, null, 2));
  }

  async count(): Promise<number> {
    return (await readdir(this.folder)).filter((name) => name.endsWith('.json')).length;
  }

  /** All of it; while sessions run, `settled: false` leaves out what is being written. */
  async testimonies({ settled = true } = {}): Promise<Testimony[]> {
    const all = (await readdir(this.folder)).sort();
    const names = all.filter((name) => name.endsWith('.json'));
    const torn = all.filter((name) => !name.endsWith('.json'));
    if (settled && torn.length > 0) throw new Error(`the witness itself was killed while writing: ${torn.join(', ')}`);
    return Promise.all(
      names.map(async (name) => ({
        at_ms: Number.parseInt(name) / 1e6,
        bytes: await readFile(join(this.folder, name)),
      })),
    );
  }
}
