// The client as `tailhook install` leaves it, with the witness beside tailhook's hooks and a scripted model behind it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Daemon } from '../tailhook/daemon.ts';
import { runClaudeCode } from './claude-code.ts';
import type { Ended } from './process.ts';
import { MessagesApi } from './messages-api.ts';
import { SCENARIOS } from './scenarios.ts';
import { Witness } from './witness.ts';

export interface Errand {
  /** Below the workshop; made when it is not there. */
  project?: string;
  /** The scenario of a prompt that has no tag. */
  scenario?: string;
  args?: string[];
}

export class Agent {
  private readonly ending = new AbortController();

  private constructor(
    private readonly root: string,
    private readonly home: string,
    private readonly daemon: Daemon,
    readonly model: MessagesApi,
    readonly witness: Witness,
  ) {}

  static async install({ root, home }: { root: string; home: string }, daemon: Daemon): Promise<Agent> {
    await daemon.command(['install', 'claude-code', '--yes', '--scope', 'user']);
    const witness = await Witness.create(join(root, 'witness'));
    await witness.joinHooks(join(home, '.claude', 'settings.json'));
    const model = await MessagesApi.start(SCENARIOS, join(root, 'project'));
    return new Agent(root, home, daemon, model, witness);
  }

  async run(prompt: string, { project = 'project', scenario, args }: Errand = {}): Promise<Ended> {
    const cwd = join(this.root, project);
    await mkdir(cwd, { recursive: true });
    await writeFile(join(cwd, 'CLAUDE.md'), '# A project\n');
    const more = { TAILHOOK_HOME: this.daemon.home };
    const surroundings = { home: this.home, api_url: this.model.url(scenario), more };
    return runClaudeCode({ prompt, cwd, args, surroundings, signal: this.ending.signal });
  }

  /** Sessions that still run, because their spec failed before it awaited them, end here. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.model.stop();
  }
}
