// The daemon's HTTP API as a script would use it.

export interface Envelope {
  type: string;
  timestamp: string;
  seq: number;
  session_id: string;
  agent: string;
  data: Record<string, unknown>;
  payload?: unknown;
}

interface Page {
  events: Envelope[];
  next: number | null;
}

/** `install` and `doctor` send an event of their own. */
export function isOfAnAgent({ agent }: Pick<Envelope, 'agent'>): boolean {
  return !agent.startsWith('tailhook-');
}

export class Api {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  get authorization(): Record<string, string> {
    return { Authorization: `Bearer ${this.token}` };
  }

  /** All events of the store, or of one session, in order of `seq`; without those by which tailhook proves itself. */
  async events(session?: string): Promise<Envelope[]> {
    const all: Envelope[] = [];
    for (let since: number | null = 0; since !== null;) {
      const filter = session === undefined ? '' : `&session=${encodeURIComponent(session)}`;
      const page: Page = await this.json(`/api/v1/events?since=${since}&limit=1000${filter}`);
      all.push(...page.events.filter(isOfAnAgent));
      since = page.events.length === 0 ? null : page.next;
    }
    return all;
  }

  event(seq: number): Promise<Envelope> {
    return this.json(`/api/v1/events/${seq}`);
  }

  /** The stored bytes of one event. */
  async raw(seq: number): Promise<Buffer> {
    return Buffer.from(await (await this.get(`/api/v1/events/${seq}/raw`)).arrayBuffer());
  }

  async json<T>(path: string): Promise<T> {
    return (await (await this.get(path)).json()) as T;
  }

  private async get(path: string): Promise<Response> {
    const response = await fetch(this.url + path, { headers: this.authorization });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
