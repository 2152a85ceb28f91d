// A WebSocket subscriber that keeps what it was sent.
import { WebSocket } from 'ws';
import type { Api, Envelope } from './api.ts';

export type Protocol = 'tailhook.v1.json';

export class Subscriber {
  /** Events in order of arrival, `system.*` left out. */
  readonly events: Envelope[] = [];
  /** When each of them arrived, in ms since the epoch. */
  readonly arrived_ms: number[] = [];
  readonly system: Envelope[] = [];

  private constructor(
    private readonly socket: WebSocket,
    private readonly protocol: Protocol | undefined,
  ) {}

  /** Resolves with the `system.hello`: from then on every new event is delivered. */
  static async connect(api: Api, protocol?: Protocol, query = ''): Promise<Subscriber> {
    const url = `${api.url.replace(/^http/, 'ws')}/api/v1/stream${query}`;
    const socket = new WebSocket(url, protocol ? [protocol] : [], { headers: api.authorization });
    const subscriber = new Subscriber(socket, protocol);
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', (code) => reject(new Error(`closed with ${code} before the hello`)));
      socket.on('message', (data, binary) => {
        if (binary) reject(new Error('a binary message on a JSON stream'));
        subscriber.take(data.toString());
        if (subscriber.system.length > 0) resolve();
      });
    });
    return subscriber;
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.close();
    await closed;
  }

  private take(text: string): void {
    const message = JSON.parse(text) as Envelope | Envelope[];
    if (Array.isArray(message) !== (this.protocol !== undefined))
      throw new Error(`wrong shape for ${this.protocol ?? 'no subprotocol'}: ${text}`);
    for (const envelope of Array.isArray(message) ? message : [message]) {
      if (envelope.type.startsWith('system.')) {
        this.system.push(envelope);
      } else {
        this.events.push(envelope);
        this.arrived_ms.push(performance.timeOrigin + performance.now());
      }
    }
  }
}
