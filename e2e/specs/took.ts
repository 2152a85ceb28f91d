// What the client's own record of a session told: each request to the model counted once, and the conversation.
import { expect } from '@playwright/test';
import type { Daemon } from '../tailhook/daemon.ts';

interface Row {
  model?: string;
  tokens?: { input: number; output: number };
  cost_usd?: number;
  context_tokens?: number;
  context_window?: number;
}

export interface Message {
  role: string;
  text: string;
  agent_id?: string;
  tools: string[];
  tokens?: { input: number };
}

/** What the scripted models say that each answer took. */
const ANSWER = { input: 100, output: 20 };

/** Waits until as many answers are counted as the model gave; the session's row, and its messages in their order. */
export async function expectTranscriptTold(
  daemon: Daemon,
  session_id: string,
  answers: number,
): Promise<{ row: Row; messages: Message[] }> {
  const api = await daemon.api();
  const row = () => api.json<Row>(`/api/v1/sessions/${session_id}`);
  const expected = { input: ANSWER.input * answers, output: ANSWER.output * answers };
  await expect.poll(async () => (await row()).tokens, { message: 'tokens' }).toMatchObject(expected);
  const { messages } = await api.json<{ messages: Message[] }>(`/api/v1/sessions/${session_id}/messages?limit=1000`);
  // The client has ended, so nothing more comes: it stays at that.
  expect((await row()).tokens).toMatchObject(expected);
  return { row: await row(), messages };
}

/** How many of these requests were for a turn of the agent: those for titles and the like come without tools. */
export function turnsAsked(requests: string[]): number {
  const tools = (body: string) => (JSON.parse(body) as { tools?: { functionDeclarations?: unknown[] }[] }).tools ?? [];
  return requests.filter((body) => tools(body).some(({ functionDeclarations }) => functionDeclarations?.length !== 0)).length;
}
