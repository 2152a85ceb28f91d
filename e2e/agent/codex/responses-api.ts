// A Responses API on 127.0.0.1 whose model follows a script: what Codex talks to.
//
// The newest user text with a tag names the script; the turn is the number of turns that the model has had since, a turn
// being a run of messages and calls without anything of the client's in between.
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { LocalApi, sendJson } from '../local-api.ts';
import { say, turn } from '../script.ts';
import type { Block, Scripts, Turn } from '../script.ts';
import { tagIn } from '../tags.ts';

interface Item {
  type?: string;
  role?: string;
  content?: string | { text?: string }[];
}

interface Tool {
  type: string;
  name?: string;
  tools?: Tool[];
  parameters?: { properties?: Record<string, unknown> };
}

interface Asked {
  model: string;
  input: Item[];
  tools?: Tool[];
}

/** The tools of a request by name, each with the namespace that it stands in. */
type Offered = Map<string, { tool: Tool; namespace?: string }>;

/** A call of the agent that the newest `spawn_agent` started: its id is known only at run time. */
const NEWEST_AGENT = '$newest-agent';

export const newestAgent = { targets: [NEWEST_AGENT], ids: [NEWEST_AGENT], timeout_ms: 20_000 };

export async function startResponsesApi(scripts: Scripts, folder: string): Promise<LocalApi> {
  return LocalApi.start(async (request, body, response) => {
    if (request.method !== 'POST' || !request.url?.split('?')[0]?.endsWith('/responses')) {
      sendJson(response, { object: 'list', data: [], models: [] }, request.method === 'POST' ? 404 : 200);
      return;
    }
    const asked = JSON.parse(body) as Asked;
    const next = nextTurn(asked, scripts, folder);
    if (next.think_ms) await new Promise((resolve) => setTimeout(resolve, next.think_ms));
    if (next.refusal) {
      const { status, kind } = next.refusal;
      sendJson(response, { error: { type: kind, message: 'The script refuses this request.' } }, status);
    } else stream(response, asked, next);
  });
}

function nextTurn(asked: Asked, scripts: Scripts, folder: string): Turn {
  for (let at = asked.input.length - 1; at >= 0; at--) {
    const tag = isUsers(asked.input[at]!) ? tagIn(textOf(asked.input[at]!)) : undefined;
    if (!tag) continue;
    const script = scripts[tag.name];
    if (!script) return turn(say(`There is no script for this: ${tag.name}.`));
    const turns = script.turns({ folder, ...tag.parameters });
    return turns[turnsIn(asked.input.slice(at + 1))] ?? turn(say('The script is over.'));
  }
  return turn(say('A title.'));
}

/** A subagent's first message comes as an item of its own kind. */
const isUsers = ({ role, type }: Item) => role === 'user' || type === 'agent_message';

const isModels = ({ role, type }: Item) =>
  role === 'assistant' || ['function_call', 'custom_tool_call', 'reasoning'].includes(type ?? '');

function turnsIn(items: Item[]): number {
  return items.filter((item, at) => isModels(item) && !(at > 0 && isModels(items[at - 1]!))).length;
}

function textOf({ content }: Item): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('\n');
}

function stream(response: ServerResponse, asked: Asked, next: Turn): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  let sequence_number = 0;
  const send = (type: string, fields: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...fields })}\n\n`);
  const base = { id: id('resp'), object: 'response', created_at: 0, model: asked.model };
  send('response.created', { response: { ...base, status: 'in_progress', output: [] } });
  const offered = toolsOf(asked.tools ?? []);
  const output = next.blocks.map((block) => item(block, offered, asked));
  for (const [output_index, item] of output.entries()) send('response.output_item.done', { output_index, item });
  const usage = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 120,
  };
  send('response.completed', { response: { ...base, status: 'completed', output, usage } });
  response.end();
}

function toolsOf(tools: Tool[]): Offered {
  const inner = tools.flatMap(({ name, tools: inner = [] }) => inner.map((tool) => ({ tool, namespace: name })));
  const all: { tool: Tool; namespace?: string }[] = [...tools.map((tool) => ({ tool })), ...inner];
  return new Map(all.map((entry) => [entry.tool.name ?? entry.tool.type, entry]));
}

function item(block: Block, offered: Offered, asked: Asked): object {
  const status = 'completed';
  if (!('tool' in block)) {
    const content = [{ type: 'output_text', text: block.text, annotations: [] }];
    return { type: 'message', id: id('msg'), role: 'assistant', status, content };
  }
  const { tool: name } = block;
  const { tool, namespace } = offered.get(name) ?? {};
  if (tool?.type === 'custom') {
    const input = String(block.input['input']);
    return { type: 'custom_tool_call', id: id('ctc'), call_id: id('call'), name, input, status };
  }
  const input = block.input === newestAgent ? waitFor(asked, tool) : block.input;
  const call = { type: 'function_call', id: id('fc'), call_id: id('call'), name, arguments: JSON.stringify(input), status };
  return namespace === undefined ? call : { ...call, namespace };
}

/** Those of the arguments that this version of the tool has, with the id of the agent that was started last. */
function waitFor(asked: Asked, tool: Tool | undefined): object {
  const newest = [...JSON.stringify(asked.input).matchAll(/agent_id\\*"\s*:\s*\\*"([0-9a-f-]{36})/g)].at(-1)?.[1] ?? '';
  const known = Object.entries(newestAgent).filter(([name]) => name in (tool?.parameters?.properties ?? {}));
  return JSON.parse(JSON.stringify(Object.fromEntries(known)).replaceAll(NEWEST_AGENT, newest)) as object;
}

function id(kind: string): string {
  return `${kind}_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}
