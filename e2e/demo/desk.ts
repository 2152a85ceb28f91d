// One person at one terminal with one project: what they type, and what they wait for before they type on.
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sleep } from '../agent/messages-api.ts';
import type { Scripts } from '../agent/script.ts';
import { claudeBinary, clientEnvironment } from '../agent/claude-code.ts';
import type { Surroundings } from '../agent/claude-code.ts';
import type { Witness } from '../agent/witness.ts';
import { Terminal } from './terminal.ts';

export interface Story {
  /** The folder below ~/code. */
  project: string;
  /** What is in it, and in git, before the session. */
  files: Record<string, string>;
  scripts: (folder: string) => Scripts;
  args?: string[];
  person: (desk: Desk) => Promise<void>;
}

const PATIENCE_MS = 60_000;

export class Desk {
  private terminal: Terminal | undefined;

  private constructor(
    private readonly story: Story,
    readonly folder: string,
    private readonly surroundings: Surroundings,
    private readonly socket: string,
    private readonly witness: Witness,
  ) {}

  static async prepare(story: Story, surroundings: Surroundings, socket: string, witness: Witness): Promise<Desk> {
    const desk = new Desk(story, join(surroundings.home, 'code', story.project), surroundings, socket, witness);
    for (const [path, text] of Object.entries(story.files)) await desk.save(path, text);
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: surroundings.home };
    const git = (...args: string[]) => execFileSync('git', args, { cwd: desk.folder, env });
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'Start');
    return desk;
  }

  /** Starts the client and waits until it takes input. */
  async sitDown(): Promise<void> {
    const command = [claudeBinary(), ...(this.story.args ?? [])];
    this.terminal = await Terminal.open(
      this.socket,
      this.story.project,
      this.folder,
      command,
      clientEnvironment(this.surroundings),
    );
    await this.until(async () => (await this.count('SessionStart')) > 0, 'SessionStart');
    await this.reads(/for shortcuts|accept edits on|Try "/);
  }

  async asks(prompt: string): Promise<void> {
    await this.terminal!.type(prompt);
    // Text and Enter in one burst would be taken for a paste, and the Enter for a line break.
    await sleep(600);
    await this.terminal!.press('Enter');
  }

  async presses(key: string): Promise<void> {
    await this.terminal!.press(key);
  }

  /** Waits for the next event of this name in this project, counted from now. */
  async sees(event: string): Promise<void> {
    const before = await this.count(event);
    await this.until(async () => (await this.count(event)) > before, event);
  }

  async reads(pattern: RegExp): Promise<void> {
    await this.until(async () => pattern.test((await this.terminal?.screen()) ?? ''), String(pattern));
  }

  async pauses(ms: number): Promise<void> {
    await sleep(ms);
  }

  async leaves(): Promise<void> {
    await this.asks('/exit');
    await this.until(async () => (await this.terminal!.screen()) === '', 'the end of the session');
  }

  /** A change to a file of the project that is not the agent's. */
  async save(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, path)), { recursive: true });
    await writeFile(join(this.folder, path), text);
  }

  private async count(event: string): Promise<number> {
    const payloads = (await this.witness.testimonies({ settled: false })).map(
      ({ bytes }) => JSON.parse(bytes.toString('utf8')) as { cwd: string; hook_event_name: string },
    );
    return payloads.filter(({ cwd, hook_event_name }) => cwd.startsWith(this.folder) && hook_event_name === event)
      .length;
  }

  private async until(met: () => Promise<boolean>, what: string): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(100)) {
      if (await met()) return;
    }
    throw new Error(`${this.story.project}: waited in vain for ${what}\n${(await this.terminal?.screen()) ?? ''}`);
  }
}
