// A Chat Completions API on 127.0.0.1 whose model follows a script: what Qwen Code and OpenCode talk to.
//
// The newest user message with a tag names the script; the turn is the number of the assistant's messages since.
import { randomUUID } from 'node:crypto';
import { LocalApi, sendJson } from '../local-api.ts';
import { say, turn } from '../script.ts';
import type { Scripts, Turn } from '../script.ts';
import { tagIn } from '../tags.ts';

interface Message {
  role: string;
  content?: string | { text?: string }[] | null;
}

interface Asked {
  model: string;
  messages: Message[];
  tools?: unknown[];
  stream?: boolean;
}

export async function startChatApi(scripts: Scripts, folder: string): Promise<LocalApi> {
  return LocalApi.start(async (request, body, response) => {
    if (request.method !== 'POST' || !request.url?.includes('/chat/completions')) {
      sendJson(response, { object: 'list', data: [{ id: 'scripted', object: 'model' }] });
      return;
    }
    const asked = JSON.parse(body) as Asked;
    const next = nextTurn(asked, scripts, folder);
    if (next.think_ms) await new Promise((resolve) => setTimeout(resolve, next.think_ms));
    if (next.refusal) {
      const { status, kind } = next.refusal;
      sendJson(response, { error: { message: 'The script refuses this request.', type: kind, code: kind } }, status);
      return;
    }
    const content = next.blocks.map((block) => ('tool' in block ? '' : block.text)).join('');
    const tool_calls = next.blocks
      .flatMap((block) => ('tool' in block ? [block] : []))
      .map(({ tool: name, input }, index) => ({
        index,
        id: `call_${randomUUID().replaceAll('-', '')}`,
        type: 'function',
        function: { name, arguments: JSON.stringify(input) },
      }));
    const calls = tool_calls.length > 0 ? { tool_calls } : {};
    const finish_reason = tool_calls.length > 0 ? 'tool_calls' : 'stop';
    const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
    const base = { id: `chatcmpl-${randomUUID()}`, created: 0, model: asked.model };
    if (!asked.stream) {
      const message = { role: 'assistant', content, ...calls };
      sendJson(response, { ...base, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage });
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const send = (delta: object, finish: string | null, more: object = {}) =>
      response.write(
        `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`,
      );
    send({ role: 'assistant', content, ...calls }, null);
    send({}, finish_reason, { usage });
    response.end('data: [DONE]\n\n');
  });
}

function nextTurn(asked: Asked, scripts: Scripts, folder: string): Turn {
  // Titles, summaries and the like come without tools, and must not eat a turn.
  if (!asked.tools?.length) return turn(say('A title.'));
  for (let at = asked.messages.length - 1; at >= 0; at--) {
    const tag = asked.messages[at]!.role === 'user' ? tagIn(textOf(asked.messages[at]!)) : undefined;
    if (!tag) continue;
    const since = asked.messages.slice(at + 1).filter(({ role }) => role === 'assistant').length;
    const turns = scripts[tag.name]?.turns({ folder, ...tag.parameters });
    return turns ? (turns[since] ?? turn(say('The script is over.'))) : turn(say(`There is no script: ${tag.name}.`));
  }
  return turn(say('There is no tag.'));
}

function textOf({ content }: Message): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('\n');
}
