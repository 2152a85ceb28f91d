// A scripted model behind an HTTP server on 127.0.0.1. Stateless: what a request is answered with follows from its body.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => Promise<void> | void;

export class LocalApi {
  /** Bodies of all requests to the model, in order of arrival. */
  readonly requests: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(answer: Answer): Promise<LocalApi> {
    const server = createServer();
    const api = new LocalApi(server);
    server.on('request', (request, response) => {
      // A client that was ended hangs up in the middle of a request; the one who ended it knows.
      api.take(request, response, answer).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8');
    if (request.method === 'POST') this.requests.push(body);
    await answer(request, body, response);
  }
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(value));
}
