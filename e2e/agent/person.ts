// A person at the interactive client, whose hooks are tailhook's: what they type, and what the API then says of the session.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from '@playwright/test';
import { Terminal } from '../demo/terminal.ts';
import { isOfAnAgent } from '../tailhook/api.ts';
import type { Api } from '../tailhook/api.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { claudeBinary, clientEnvironment, runClaudeCode } from './claude-code.ts';
import { MessagesApi, sleep } from './messages-api.ts';
import type { Scripts } from './script.ts';

const run = promisify(execFile);

/** A row of `/api/v1/sessions`, as far as specs look at it. */
export interface SessionRow {
  session_id: string;
  agent: string;
  state: string;
  needs?: string;
  waiting_for?: string;
  failed?: boolean;
  cwd?: string;
  start_reason?: string;
  end_reason?: string;
  git_branch?: string;
  previous_session_id?: string;
  next_session_id?: string;
  turns: number;
  subagents: number;
}

/** A row of `/spans`, as far as specs look at it. */
export interface SpanRow {
  id: string;
  kind: string;
  parent?: string;
  tool_name?: string;
  outcome: string;
  closed_by?: string;
  asked_at?: string;
  wait_us?: number;
  background?: boolean;
  automatic?: boolean;
}

export class Office {
  private constructor(
    private readonly root: string,
    private readonly home: string,
    private readonly daemon: Daemon,
    private readonly api: Api,
    private readonly model: MessagesApi,
  ) {}

  static async open(
    { root, home }: { root: string; home: string },
    daemon: Daemon,
    scripts: Scripts,
    projects: string[],
  ): Promise<Office> {
    await daemon.command(['install', 'claude-code', '--yes', '--scope', 'user']);
    const folders = projects.map((project) => join(root, project));
    for (const folder of folders) {
      await mkdir(join(folder, '.git'), { recursive: true });
      await writeFile(join(folder, '.git/HEAD'), 'ref: refs/heads/trunk\n');
    }
    const seen = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true, projectOnboardingSeenCount: 9 };
    const state = {
      hasCompletedOnboarding: true,
      lastOnboardingVersion: '9.9.9',
      numStartups: 5,
      theme: 'dark',
      bypassPermissionsModeAccepted: true,
      customApiKeyResponses: { approved: ['dummy-key'], rejected: [] },
      projects: Object.fromEntries(folders.map((folder) => [folder, seen])),
    };
    await writeFile(join(home, '.claude.json'), JSON.stringify(state));
    const model = await MessagesApi.start(scripts, folders[0]!);
    return new Office(root, home, daemon, await daemon.api(), model);
  }

  /** A second registration, as a plugin or another settings file makes one: the same hook under another name. */
  async registerAgain(): Promise<void> {
    const path = join(this.home, '.claude/settings.json');
    const settings = JSON.parse(await readFile(path, 'utf8')) as {
      hooks: Record<string, { hooks: { command: string }[] }[]>;
    };
    for (const groups of Object.values(settings.hooks)) {
      const first = groups[0]!;
      groups.push({ ...first, hooks: first.hooks.map((hook) => ({ ...hook, command: hook.command.replace(/\/([^/]+)$/, '/./$1') })) });
    }
    await writeFile(path, JSON.stringify(settings, null, 2));
  }

  async sitDown(name: string, project: string, args: string[] = []): Promise<Person> {
    const env = clientEnvironment({
      home: this.home,
      api_url: this.model.url(),
      more: { TAILHOOK_HOME: this.daemon.home },
    });
    const known = new Set((await this.sessions()).map(({ session_id }) => session_id));
    const terminal = await Terminal.open(this.socket, name, join(this.root, project), [claudeBinary(), ...args], env);
    const person = new Person(this, terminal, '');
    await person.reads(/for shortcuts|accept edits on|bypass permissions on|Try "/);
    if (!args.includes('--continue')) person.session_id = await this.next(known);
    return person;
  }

  /** A prompt without a terminal, looked at while it is worked on; the exit code. */
  async sends(
    project: string,
    prompt: string,
    args: string[] = [],
    meanwhile: (session: Observed) => Promise<void> = async () => undefined,
  ): Promise<{ session: Observed; code: number | null }> {
    const known = new Set((await this.sessions()).map(({ session_id }) => session_id));
    const surroundings = { home: this.home, api_url: this.model.url(), more: { TAILHOOK_HOME: this.daemon.home } };
    const running = runClaudeCode({ prompt, cwd: join(this.root, project), args, surroundings });
    const resumed = args[args.indexOf('--resume') + 1];
    const session = new Observed(this, args.includes('--resume') ? resumed! : await this.next(known));
    const [{ code }] = await Promise.all([running, meanwhile(session)]);
    return { session, code };
  }

  /** The session that is not one of these, once there is one. */
  private async next(known: Set<string>): Promise<string> {
    const found = async () => (await this.sessions()).find(({ session_id }) => !known.has(session_id));
    await expect.poll(found).toBeDefined();
    return (await found())!.session_id;
  }

  async sessions(): Promise<SessionRow[]> {
    const { sessions } = await this.api.json<{ sessions: SessionRow[] }>('/api/v1/sessions');
    return sessions.filter(isOfAnAgent);
  }

  async session(id: string): Promise<SessionRow> {
    return this.api.json<SessionRow>(`/api/v1/sessions/${id}`);
  }

  /** The same as a script is told it by `tailhook status --json`. */
  async status(id: string): Promise<SessionRow | undefined> {
    const { sessions } = JSON.parse(await this.daemon.command(['status', '--json'])) as { sessions: SessionRow[] };
    return sessions.find(({ session_id }) => session_id === id);
  }

  async spans(id: string): Promise<SpanRow[]> {
    return (await this.api.json<{ spans: SpanRow[] }>(`/api/v1/sessions/${id}/spans`)).spans;
  }

  async kill(cwd: string): Promise<void> {
    const { stdout } = await run('tmux', ['-S', this.socket, 'list-panes', '-a', '-F', '#{session_name} #{pane_pid}']);
    const line = stdout.split('\n').find((text) => text.startsWith(`${cwd} `));
    process.kill(Number(line!.split(' ')[1]), 'SIGKILL');
  }

  async close(): Promise<void> {
    await Terminal.close(this.socket);
    await this.model.stop();
  }

  private get socket(): string {
    return join(this.root, 'tmux.sock');
  }
}

/** A session, and what is said of it. */
export class Observed {
  constructor(
    protected readonly office: Office,
    public session_id: string,
  ) {}

  async row(): Promise<SessionRow> {
    return this.office.session(this.session_id);
  }

  /** Waits until the session has these values, in the API and in the terminal. */
  async isSaid(values: Partial<SessionRow>): Promise<void> {
    const told = async () => [await this.row(), await this.office.status(this.session_id)];
    await expect.poll(told, { timeout: 60_000 }).toMatchObject([values, values]);
  }

  /** Waits until there is a span with these values. */
  async hasSpan(values: Partial<SpanRow>): Promise<void> {
    await expect
      .poll(async () => this.office.spans(this.session_id), { timeout: 60_000 })
      .toEqual(expect.arrayContaining([expect.objectContaining(values)]));
  }
}

export class Person extends Observed {
  constructor(
    office: Office,
    private readonly terminal: Terminal,
    session_id: string,
  ) {
    super(office, session_id);
  }

  async asks(prompt: string): Promise<void> {
    await this.terminal.type(prompt);
    // Text and Enter in one burst would be taken for a paste, and the Enter for a line break.
    await sleep(600);
    await this.terminal.press('Enter');
  }

  async presses(key: string): Promise<void> {
    await this.terminal.press(key);
  }

  async reads(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.terminal.screen(), { timeout: 60_000 }).toMatch(pattern);
  }
}
