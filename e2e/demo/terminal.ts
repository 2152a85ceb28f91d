// The interactive client in a tmux server of its own: only there a person is asked for permission, and can keep it waiting.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class Terminal {
  private constructor(
    private readonly socket: string,
    private readonly name: string,
  ) {}

  /** tmux takes a bare name like `left` for a place in a window rather than for a session. */
  private get target(): string {
    return `=${this.name}:`;
  }

  static async open(
    socket: string,
    name: string,
    cwd: string,
    command: string[],
    env: Record<string, string>,
  ): Promise<Terminal> {
    const terminal = new Terminal(socket, name);
    const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    // `env -i`, because a tmux server hands its own environment to every session.
    await terminal.tmux(
      'new-session',
      '-d',
      '-s',
      name,
      '-c',
      cwd,
      '-x',
      '140',
      '-y',
      '40',
      'env',
      '-i',
      ...variables,
      ...command,
    );
    return terminal;
  }

  /** Ends the server, and with it whatever still runs in one of its terminals. */
  static async close(socket: string): Promise<void> {
    await run('tmux', ['-S', socket, 'kill-server']).catch(() => undefined);
  }

  /** Closes the terminal, whose client is told so by a signal. */
  async hangUp(): Promise<void> {
    await this.tmux('kill-session', '-t', `=${this.name}`);
  }

  async type(text: string): Promise<void> {
    await this.tmux('send-keys', '-t', this.target, '-l', text);
  }

  async press(key: string): Promise<void> {
    await this.tmux('send-keys', '-t', this.target, key);
  }

  /** Empty when the client has left and tmux has closed the terminal behind it. */
  async screen(): Promise<string> {
    return this.tmux('capture-pane', '-p', '-t', this.target).catch(() => '');
  }

  private async tmux(...args: string[]): Promise<string> {
    return (await run('tmux', ['-S', this.socket, '-f', '/dev/null', ...args])).stdout;
  }
}
