// One scripted turn in the wire format of the Messages API: a stream of server-sent events, or one JSON object.
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Block, Refusal, Turn } from './script.ts';

// Real streams cut a tool's input into pieces as well, and a client that joins them wrongly would show up here.
const INPUT_CHUNK = 60_000;

type Content = { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: unknown };

export async function sendMessage(response: ServerResponse, turn: Turn, model: string, stream: boolean): Promise<void> {
  const stop_reason = turn.blocks.some((block) => 'tool' in block) ? 'tool_use' : 'end_turn';
  const usage = { input_tokens: 100, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = { id: id('msg'), type: 'message', role: 'assistant', model, stop_sequence: null, usage };
  if (!stream) {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ ...message, content: turn.blocks.map(content), stop_reason }));
    return;
  }
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    'request-id': id('req'),
  });
  const send = (type: string, fields: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  send('message_start', { message: { ...message, content: [], stop_reason: null } });
  for (const [index, block] of turn.blocks.entries()) {
    const whole = content(block);
    if (whole.type === 'text') {
      send('content_block_start', { index, content_block: { type: 'text', text: '' } });
      await sendText(block as { text: string }, (text) =>
        send('content_block_delta', { index, delta: { type: 'text_delta', text } }),
      );
    } else {
      send('content_block_start', { index, content_block: { ...whole, input: {} } });
      for (const partial_json of cut(JSON.stringify(whole.input), INPUT_CHUNK)) {
        send('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } });
      }
    }
    send('content_block_stop', { index });
  }
  send('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 20 } });
  send('message_stop', {});
  response.end();
}

export function sendRefusal(response: ServerResponse, { status, kind }: Refusal): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type: kind, message: 'The script refuses this request.' } }));
}

async function sendText(
  block: { text: string; chunks?: number; chunk_ms?: number },
  send: (text: string) => void,
): Promise<void> {
  for (const text of cut(block.text, Math.ceil(block.text.length / (block.chunks ?? 1)))) {
    send(text);
    if (block.chunk_ms) await new Promise((resolve) => setTimeout(resolve, block.chunk_ms));
  }
}

/** Never between the halves of a surrogate pair: that would not be Unicode on the wire. */
function* cut(text: string, size: number): Generator<string> {
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + size);
    if (to < text.length && /[\ud800-\udbff]/.test(text[to - 1]!)) to += 1;
    yield text.slice(from, to);
    from = to;
  }
}

function content(block: Block): Content {
  if ('tool' in block) return { type: 'tool_use', id: id('toolu'), name: block.tool, input: block.input };
  return { type: 'text', text: block.text };
}

function id(kind: string): string {
  return `${kind}_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}
