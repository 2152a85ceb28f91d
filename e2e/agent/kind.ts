// What differs from one client to the next, and a client before and after `tailhook install`.
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Terminal } from '../demo/terminal.ts';
import { binary } from '../tailhook/binaries.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { processesMarked } from '../tailhook/processes.ts';
import type { LocalApi } from './local-api.ts';
import { Sessions } from './observed.ts';
import { Person } from './person.ts';
import { run } from './process.ts';
import type { Ended } from './process.ts';
import { Witness } from './witness.ts';
import type { Hooks } from './witness.ts';

export interface Kind {
  /** As `tailhook install` takes it. */
  name: string;
  /** The file with the hooks, or the folder with one file each, below HOME. */
  settings: string;
  program: () => string;
  startModel: (folder: string) => Promise<LocalApi>;
  /** The settings' entry for a shell command. */
  hookEntry: (command: string) => Record<string, unknown>;
  /** Puts an entry beside each of ours, where they do not stand in groups below `hooks`. */
  witness?: (home: string, entry: Record<string, unknown>) => Promise<void>;
  /** Whatever else has to stand in HOME before the client starts without an account. */
  prepare: (home: string, api_url: string) => Promise<void>;
  args: (prompt: string, more: string[]) => string[];
  environment: (api_url: string) => Record<string, string>;
  /** What a person does who lets the hooks run. */
  consent?: (home: string, cwd: string) => Promise<void>;
  /** The same client as a person has it in front of them. */
  at_terminal?: AtTerminal;
}

export interface AtTerminal {
  args: (more: string[]) => string[];
  /** What stands on the screen when it takes keys. */
  ready: RegExp;
  /** What puts away that which stands in front of it then, and what stands there afterwards. */
  greeting?: { key: string; gone: RegExp };
  /** A session is there before the first prompt. */
  begins_unasked?: boolean;
  /** What its user has said before, so that it asks nothing about this folder. */
  settle?: (home: string, folder: string) => Promise<void>;
}

export interface Work {
  args?: string[];
  /** Interrupts the client, as Ctrl-C would, when this resolves. */
  interrupt?: Promise<unknown>;
  env?: Record<string, string>;
}

export class Client {
  private readonly ending = new AbortController();
  /** One server each: with its last terminal a server goes, and would take a new one with it. */
  private readonly terminals: string[] = [];

  private constructor(
    private readonly kind: Kind,
    readonly home: string,
    readonly project: string,
    private readonly daemon: Daemon,
    readonly model: LocalApi,
    readonly witness: Witness,
  ) {}

  /** The client with nothing of tailhook's. */
  static async create(kind: Kind, { root, home }: { root: string; home: string }, daemon: Daemon): Promise<Client> {
    const project = join(root, 'project');
    await mkdir(project, { recursive: true });
    const model = await kind.startModel(project);
    await mkdir(dirname(join(home, kind.settings)), { recursive: true });
    await kind.prepare(home, model.url);
    return new Client(kind, home, project, daemon, model, await Witness.create(join(root, 'witness')));
  }

  /** One command, a witness beside each entry, and the consent of its user. */
  async install(): Promise<void> {
    await this.daemon.command(['install', this.kind.name, '--yes']);
    if (this.kind.witness) await this.kind.witness(this.home, this.kind.hookEntry(this.witness.command()));
    else await this.addHook(this.witness.command());
    await this.consent();
  }

  get settings(): string {
    return join(this.home, this.kind.settings);
  }

  /** A shell command as one more hook of these events, beside those that are there. */
  async addHook(command: string, events?: string[]): Promise<void> {
    await this.edit((hooks) => {
      for (const [event, groups] of Object.entries(hooks)) {
        if (events && !events.includes(event)) continue;
        for (const group of groups) group.hooks.push(this.kind.hookEntry(command));
      }
    });
  }

  async edit(change: (hooks: Hooks) => void): Promise<void> {
    const settings = JSON.parse(await readFile(this.settings, 'utf8')) as { hooks?: Hooks };
    change((settings.hooks ??= {}));
    await writeFile(this.settings, JSON.stringify(settings, null, 2));
  }

  /** Another program in place of the one that is installed. */
  async replaceProgram(installed: string, other: string): Promise<void> {
    const is_folder = (await stat(this.settings)).isDirectory();
    const names = is_folder ? await readdir(this.settings) : [''];
    for (const file of names.map((name) => join(this.settings, name))) {
      await writeFile(file, (await readFile(file, 'utf8')).replaceAll(installed, other));
    }
  }

  /** Its user lets the hooks run that are there now. */
  async consent(): Promise<void> {
    await this.kind.consent?.(this.home, this.project);
  }

  run(prompt: string, { args = [], interrupt, env = {} }: Work = {}): Promise<Ended> {
    return run({
      program: this.kind.program(),
      args: this.kind.args(prompt, args),
      cwd: this.project,
      env: { ...this.surroundings(), ...env },
      signal: this.ending.signal,
      interrupt,
    });
  }

  /** Starts it in a terminal of its own, called `name`, in the project or in another folder. */
  async sitDown(name: string, args: string[] = [], folder = this.project): Promise<Person> {
    const { at_terminal } = this.kind;
    if (!at_terminal) throw new Error(`nobody sits at ${this.kind.name} yet`);
    await mkdir(folder, { recursive: true });
    await at_terminal.settle?.(this.home, folder);
    const command = [this.kind.program(), ...at_terminal.args(args)];
    const sessions = await Sessions.of(this.daemon);
    const known = await sessions.ids();
    const socket = join(dirname(this.project), `${name}.sock`);
    this.terminals.push(socket);
    const terminal = await Terminal.open(socket, name, folder, command, this.surroundings());
    const person = new Person(sessions, terminal, '');
    await person.reads(at_terminal.ready);
    if (at_terminal.greeting) {
      await person.presses(at_terminal.greeting.key);
      await person.reads(at_terminal.greeting.gone);
    }
    if (at_terminal.begins_unasked) person.session_id = await sessions.next(known);
    return person;
  }

  /** Ends what a client at a terminal left running, servers for the next one say: by force, because they would finish first. */
  private async sweep(): Promise<void> {
    for (const line of await processesMarked(this.home)) {
      const [pid, program] = line.split(' ');
      if (program !== binary('tailhook')) endIfAlive(Number(pid));
    }
  }

  private surroundings(): Record<string, string> {
    return {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: this.home,
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      NO_PROXY: '*',
      TAILHOOK_HOME: this.daemon.home,
      TAILHOOK_E2E_RUN: process.env['TAILHOOK_E2E_RUN'] ?? '',
      ...this.kind.environment(this.model.url),
    };
  }

  /** Sessions that still run, because their spec failed before it awaited them, end here. */
  async stop(): Promise<void> {
    this.ending.abort();
    for (const socket of this.terminals) await Terminal.close(socket);
    if (this.kind.at_terminal) await this.sweep();
    await this.model.stop();
  }
}

function endIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
