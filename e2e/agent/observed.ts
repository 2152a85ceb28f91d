// What the API and `tailhook status` say of sessions while a client works.
import { expect } from '@playwright/test';
import { isOfAnAgent } from '../tailhook/api.ts';
import type { Api } from '../tailhook/api.ts';
import type { Daemon } from '../tailhook/daemon.ts';

/** A row of `/api/v1/sessions`, as far as specs look at it. */
export interface SessionRow {
  session_id: string;
  agent: string;
  state: string;
  needs?: string;
  state_detail?: string;
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

export class Sessions {
  private constructor(
    private readonly daemon: Daemon,
    private readonly api: Api,
  ) {}

  static async of(daemon: Daemon): Promise<Sessions> {
    return new Sessions(daemon, await daemon.api());
  }

  async all(): Promise<SessionRow[]> {
    const { sessions } = await this.api.json<{ sessions: SessionRow[] }>('/api/v1/sessions');
    return sessions.filter(isOfAnAgent);
  }

  async ids(): Promise<Set<string>> {
    return new Set((await this.all()).map(({ session_id }) => session_id));
  }

  async one(id: string): Promise<SessionRow> {
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

  /** The session that is not one of these, once there is one. */
  async next(known: Set<string>): Promise<string> {
    const found = async () => (await this.all()).find(({ session_id }) => !known.has(session_id));
    await expect.poll(found).toBeDefined();
    return (await found())!.session_id;
  }
}

/** A session, and what is said of it. */
export class Observed {
  constructor(
    protected readonly sessions: Sessions,
    public session_id: string,
  ) {}

  async row(): Promise<SessionRow> {
    return this.sessions.one(this.session_id);
  }

  /** Waits until the session has these values, in the API and in the terminal. */
  async isSaid(values: Partial<SessionRow>): Promise<void> {
    const told = async () => [await this.row(), await this.sessions.status(this.session_id)];
    await expect.poll(told, { timeout: 60_000 }).toMatchObject([values, values]);
  }

  /** Waits until there is a span with these values. */
  async hasSpan(values: Partial<SpanRow>): Promise<void> {
    await expect
      .poll(async () => this.sessions.spans(this.session_id), { timeout: 60_000 })
      .toEqual(expect.arrayContaining([expect.objectContaining(values)]));
  }
}
