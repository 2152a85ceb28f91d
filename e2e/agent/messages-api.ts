// A Messages API on 127.0.0.1 whose model follows a script, so that the real client can be driven without a network.
//
// It keeps no state: which script, and which turn of it, stands in each request. So any number of sessions and subagents
// may run at once, and a session may be resumed. A script is chosen by, first match wins,
//   1. a tag `[[scenario:NAME key=value ...]]` in the newest user text that has one (subagents get theirs in their prompt),
//   2. the phrase a script `opens` with, in the newest user text that has one,
//   3. the path of the base URL, `http://127.0.0.1:PORT/s/NAME`.
// The turn is the number of assistant messages since that text.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendMessage, sendRefusal } from './event-stream.ts';
import { say, turn } from './script.ts';
import type { Parameters, Scripts, Turn } from './script.ts';

interface Message {
  role: string;
  content: string | { type: string; text?: string }[];
}

interface MessagesRequest {
  model: string;
  stream?: boolean;
  messages: Message[];
  tools?: unknown[];
  output_config?: { format?: OutputFormat };
  output_format?: OutputFormat;
}

interface OutputFormat {
  schema?: { properties?: Record<string, { type?: string }> };
}

interface Place {
  name: string;
  parameters: Record<string, string>;
  step: number;
}

const TAG = /\[\[scenario:([\w.-]+)((?:\s+\w+=[^\]\s]+)*)\s*\]\]/g;

export class MessagesApi {
  /** Bodies of all requests to the model, in order of arrival: what the agent let it see. */
  readonly requests: string[] = [];
  /** When the agent asked for each turn of a script and had its answer, in ms of `performance.now()`. */
  readonly turns: { asked_ms: number; answered_ms: number }[] = [];

  private constructor(
    private readonly server: Server,
    private readonly scripts: Scripts,
    private readonly folder: string,
  ) {}

  static async start(scripts: Scripts, folder: string): Promise<MessagesApi> {
    const server = createServer();
    const api = new MessagesApi(server, scripts, folder);
    server.on('request', (request, response) => {
      // A client that was ended hangs up in the middle of a request; the one who ended it knows.
      api.answer(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  /** The base URL for a client; with a scenario, the one that every untagged prompt gets. */
  url(scenario?: string): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${scenario === undefined ? '' : `/s/${scenario}`}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked_ms = performance.now();
    const body = await readBody(request);
    const [, scenario, path] = /^(?:\/s\/([\w.-]+))?(\/[^?]*)/.exec(request.url ?? '/') ?? [];
    if (request.method !== 'POST' || !path?.endsWith('/messages')) {
      response.setHeader('Content-Type', 'application/json');
      response.end(path?.endsWith('/count_tokens') ? `{"input_tokens":${1 + (body.length >> 2)}}` : `{"data":[]}`);
      return;
    }
    this.requests.push(body);
    const asked = JSON.parse(body) as MessagesRequest;
    const next = this.nextTurn(asked, scenario);
    await sleep(next.think_ms ?? 0);
    if (next.refusal) sendRefusal(response, next.refusal);
    else await sendMessage(response, next, asked.model, asked.stream === true);
    if (asked.tools?.length) this.turns.push({ asked_ms, answered_ms: performance.now() });
  }

  private nextTurn(asked: MessagesRequest, scenario: string | undefined): Turn {
    // Titles, summaries and the like come without tools, and must not eat a turn.
    if (!asked.tools?.length) return turn(say(sideAnswer(asked)));
    const place = locate(asked.messages, this.scripts, scenario);
    const script = place && this.scripts[place.name];
    if (!place || !script) return turn(say(`There is no script for this: ${place?.name ?? 'no tag'}.`));
    const parameters = { folder: this.folder, ...place.parameters } as Parameters;
    return script.turns(parameters)[place.step] ?? turn(say('The script is over.'));
  }
}

function locate(messages: Message[], scripts: Scripts, scenario: string | undefined): Place | undefined {
  const since = (index: number) => messages.slice(index + 1).filter((message) => message.role === 'assistant').length;
  for (let index = messages.length - 1; index >= 0; index--) {
    const text = userText(messages[index]!);
    const tag = [...text.matchAll(TAG)].at(-1);
    if (tag) return { name: tag[1]!, parameters: pairs(tag[2]!), step: since(index) };
    const name = opened(text, scripts);
    if (name) return { name, parameters: {}, step: since(index) };
  }
  return scenario === undefined ? undefined : { name: scenario, parameters: {}, step: since(-1) };
}

/** The script whose phrase comes last: after a failed request the client joins the next prompt to the one before. */
function opened(text: string, scripts: Scripts): string | undefined {
  const places = Object.entries(scripts).map(([name, { opens }]) => ({
    name,
    at: opens ? text.lastIndexOf(opens) : -1,
  }));
  return places.filter(({ at }) => at >= 0).sort((a, b) => b.at - a.at)[0]?.name;
}

function userText(message: Message): string {
  if (message.role !== 'user') return '';
  if (typeof message.content === 'string') return message.content;
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
}

function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map((pair) => pair.split(/=(.*)/s).slice(0, 2)),
  );
}

/** Something that fits the schema the client asked for, or a short text. */
function sideAnswer(asked: MessagesRequest): string {
  const format = asked.output_config?.format ?? asked.output_format;
  if (!format) return '<summary>A summary of the conversation so far.</summary>';
  const fields = Object.entries(format.schema?.properties ?? {});
  return JSON.stringify(
    Object.fromEntries(fields.map(([key, { type }]) => [key, type === 'boolean' ? true : `Some ${key}`])),
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
