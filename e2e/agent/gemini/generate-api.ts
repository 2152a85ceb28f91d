// A Gemini API on 127.0.0.1 whose model follows a script: what Gemini CLI talks to.
//
// The newest user text with a tag names the script; the turn is the number of the model's contents since.
import { randomUUID } from 'node:crypto';
import { LocalApi, sendJson } from '../local-api.ts';
import { say, turn } from '../script.ts';
import type { Scripts, Turn } from '../script.ts';
import { tagIn } from '../tags.ts';

interface Content {
  role: string;
  parts?: { text?: string }[];
}

interface Schema {
  type?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
}

interface Asked {
  contents: Content[];
  tools?: { functionDeclarations?: unknown[] }[];
  generationConfig?: { responseSchema?: Schema; responseJsonSchema?: Schema };
}

export async function startGenerateApi(scripts: Scripts, folder: string): Promise<LocalApi> {
  return LocalApi.start(async (request, body, response) => {
    const path = request.url ?? '';
    if (!path.includes('enerateContent')) {
      sendJson(response, { totalTokens: 1 + (body.length >> 2), models: [] });
      return;
    }
    const next = nextTurn(JSON.parse(body) as Asked, scripts, folder);
    if (next.think_ms) await new Promise((resolve) => setTimeout(resolve, next.think_ms));
    if (next.refusal) {
      const { status, kind } = next.refusal;
      sendJson(response, { error: { code: status, message: 'The script refuses this request.', status: kind } }, status);
      return;
    }
    const parts = next.blocks.map((block) =>
      'tool' in block
        ? { functionCall: { id: `call_${randomUUID().slice(0, 8)}`, name: block.tool, args: block.input } }
        : { text: block.text },
    );
    const answer = {
      candidates: [{ content: { role: 'model', parts }, index: 0, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
      modelVersion: 'gemini-2.5-flash',
    };
    if (!path.includes('stream')) return sendJson(response, answer);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.end(`data: ${JSON.stringify(answer)}\n\n`);
  });
}

function nextTurn(asked: Asked, scripts: Scripts, folder: string): Turn {
  // Summaries, routing and the like come without tools, and must not eat a turn.
  if (!asked.tools?.some(({ functionDeclarations = [] }) => functionDeclarations.length > 0)) {
    const { responseJsonSchema, responseSchema } = asked.generationConfig ?? {};
    const schema = responseJsonSchema ?? responseSchema;
    return turn(say(schema ? JSON.stringify(sample(schema)) : 'A summary.'));
  }
  for (let at = asked.contents.length - 1; at >= 0; at--) {
    const { role, parts = [] } = asked.contents[at]!;
    const tag = role === 'user' ? tagIn(parts.map(({ text }) => text ?? '').join('\n')) : undefined;
    if (!tag) continue;
    const since = asked.contents.slice(at + 1).filter((content) => content.role === 'model').length;
    const turns = scripts[tag.name]?.turns({ folder, ...tag.parameters });
    return turns ? (turns[since] ?? turn(say('The script is over.'))) : turn(say(`There is no script: ${tag.name}.`));
  }
  return turn(say('There is no tag.'));
}

/** Something that fits a schema. */
function sample(schema: Schema): unknown {
  if (schema.enum) return schema.enum[0];
  const properties = Object.entries(schema.properties ?? {});
  switch (schema.type?.toLowerCase()) {
    case 'object':
      return Object.fromEntries(properties.map(([name, value]) => [name, sample(value)]));
    case 'array':
      return [];
    case 'boolean':
      return false;
    case 'number':
    case 'integer':
      return 1;
    default:
      return 'something';
  }
}
