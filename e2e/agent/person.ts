// A person at the interactive client, whose hooks are tailhook's: what they type, and what the API then says of the session.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from '@playwright/test';
import { Terminal } from '../demo/terminal.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { claudeBinary, clientEnvironment, runClaudeCode } from './claude-code.ts';
import { MessagesApi, sleep } from './messages-api.ts';
import { Observed, Sessions } from './observed.ts';
import type { Scripts } from './script.ts';

const run = promisify(execFile);

export class Office {
  private constructor(
    private readonly root: string,
    private readonly home: string,
    private readonly daemon: Daemon,
    readonly sessions: Sessions,
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
    return new Office(root, home, daemon, await Sessions.of(daemon), model);
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
    const known = await this.sessions.ids();
    const terminal = await Terminal.open(this.socket, name, join(this.root, project), [claudeBinary(), ...args], env);
    const person = new Person(this.sessions, terminal, '');
    await person.reads(/for shortcuts|accept edits on|bypass permissions on|Try "/);
    if (!args.includes('--continue')) person.session_id = await this.sessions.next(known);
    return person;
  }

  /** A prompt without a terminal, looked at while it is worked on; the exit code. */
  async sends(
    project: string,
    prompt: string,
    args: string[] = [],
    meanwhile: (session: Observed) => Promise<void> = async () => undefined,
  ): Promise<{ session: Observed; code: number | null }> {
    const known = await this.sessions.ids();
    const surroundings = { home: this.home, api_url: this.model.url(), more: { TAILHOOK_HOME: this.daemon.home } };
    const running = runClaudeCode({ prompt, cwd: join(this.root, project), args, surroundings });
    const resumed = args[args.indexOf('--resume') + 1];
    const session = new Observed(this.sessions, args.includes('--resume') ? resumed! : await this.sessions.next(known));
    const [{ code }] = await Promise.all([running, meanwhile(session)]);
    return { session, code };
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

export class Person extends Observed {
  constructor(
    sessions: Sessions,
    private readonly terminal: Terminal,
    session_id: string,
  ) {
    super(sessions, session_id);
  }

  async asks(prompt: string): Promise<void> {
    await this.terminal.type(prompt);
    await expect.poll(() => this.terminal.screen(), { timeout: 60_000 }).toContain(prompt);
    // Text and Enter in one burst would be taken for a paste, and the Enter for a line break.
    await sleep(600);
    await this.terminal.press('Enter');
  }

  /** The first prompt, with which most sessions begin. */
  async begins(prompt: string): Promise<void> {
    const known = await this.sessions.ids();
    await this.asks(prompt);
    if (this.session_id === '') this.session_id = await this.sessions.next(known);
  }

  async presses(...keys: string[]): Promise<void> {
    for (const [at, key] of keys.entries()) {
      // An Escape and what follows it at once are another key.
      if (at > 0) await sleep(300);
      await this.terminal.press(key);
    }
  }

  /** Again and again, because a question that has just come takes no key yet. */
  async pressesAtLast(key: string, until: RegExp): Promise<void> {
    const pressed = async () => {
      await this.terminal.press(key);
      await sleep(300);
      return this.terminal.screen();
    };
    await expect.poll(pressed, { timeout: 60_000 }).toMatch(until);
  }

  async reads(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.terminal.screen(), { timeout: 60_000 }).toMatch(pattern);
  }

  /** Closes the terminal under the client. */
  async walksAway(): Promise<void> {
    await this.terminal.hangUp();
  }
}
