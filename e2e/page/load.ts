// Many events quickly: posted to the daemon by a few connections, as hooks of the kind `http` would.
import { Agent as Connections, request } from 'node:http';
import type { Daemon } from '../tailhook/daemon.ts';

export interface Load {
  daemon: Daemon;
  token: string;
  connections: Connections;
}

export async function prepareLoad(daemon: Daemon): Promise<Load> {
  return { daemon, token: await daemon.token(), connections: new Connections({ keepAlive: true, maxSockets: 8 }) };
}

/** A call of a tool: its begin for even numbers, its end for odd ones; a prompt and the end of the turn every 200. */
export function callEvent(session: string, n: number): Record<string, unknown> {
  const common = { session_id: session, cwd: `/home/dev/code/${session.slice(0, 12)}`, permission_mode: 'default' };
  if (n % 200 === 0) return { ...common, hook_event_name: 'UserPromptSubmit', prompt: `Do the next thing, number ${n / 200}` };
  if (n % 200 === 199) return { ...common, hook_event_name: 'Stop', last_assistant_message: 'Done.' };
  const call = Math.floor(n / 2);
  const tool = ['Bash', 'Read', 'Edit', 'Grep', 'mcp__figma__get_node'][call % 5];
  const tool_input = tool === 'Bash' ? { command: `cargo test -p shop --test case_${call}` } : { file_path: `/home/dev/code/src/module_${call % 97}.rs` };
  const event = { ...common, tool_name: tool, tool_input, tool_use_id: `toolu_${session.slice(0, 8)}_${call}` };
  if (n % 2 === 0) return { ...event, hook_event_name: 'PreToolUse' };
  if (call % 41 === 0) return { ...event, hook_event_name: 'PostToolUseFailure', error: `Exit code ${call % 7}`, duration_ms: call % 900 };
  return { ...event, hook_event_name: 'PostToolUse', tool_response: { stdout: 'ok', stderr: '' }, duration_ms: call % 900 };
}

export function post(load: Load, payload: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const url = new URL('/api/v1/ingest/claude-code', load.daemon.url);
    const headers = { authorization: `Bearer ${load.token}`, 'content-type': 'application/json' };
    const call = request(url, { method: 'POST', agent: load.connections, headers }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 202 ? resolve() : reject(new Error(`ingest answered ${response.statusCode}`))));
    });
    call.on('error', reject);
    call.end(JSON.stringify(payload));
  });
}

/** As many as possible at once; resolves when the store has them all. */
export async function fill(load: Load, count: number, session: (n: number) => string): Promise<void> {
  let next = 0;
  const before = await storedSeq(load);
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (next < count) {
        const n = next++;
        await post(load, callEvent(session(n), n));
      }
    }),
  );
  await until(async () => (await storedSeq(load)) >= before + count);
}

/** Evenly over time, whatever the daemon does; answers when the last one was posted (epoch milliseconds). */
export async function drip(load: Load, perSecond: number, seconds: number, session: string): Promise<number> {
  const start = performance.now();
  const total = perSecond * seconds;
  const open = new Set<Promise<void>>();
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * perSecond));
    for (; sent < due; sent++) {
      const call = post(load, callEvent(session, sent)).finally(() => open.delete(call));
      open.add(call);
    }
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  await Promise.all(open);
  return Date.now();
}

export async function storedSeq(load: Load): Promise<number> {
  const health = (await (await fetch(`${load.daemon.url}/healthz`)).json()) as { seq: number };
  return health.seq;
}

export async function until(met: () => Promise<boolean>, patienceMs = 120_000): Promise<void> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) if (await met()) return;
  throw new Error('waited in vain');
}
