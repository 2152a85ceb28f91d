// The lean profile against the full one: the same work, told by the transcript in place of hooks, comes out the same.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runClaudeCode } from '../agent/claude-code.ts';
import { MessagesApi } from '../agent/messages-api.ts';
import { SCENARIOS } from '../agent/scenarios.ts';
import type { Envelope } from '../tailhook/api.ts';
import { Daemon } from '../tailhook/daemon.ts';
import { Subscriber } from '../tailhook/subscriber.ts';
import { expect, test } from './fixtures.ts';

const WORK = ['tools', 'parallel', 'failing', 'delegating', 'awkward'];

type Row = Record<string, unknown>;

/** What one session looks like from outside, without what differs from run to run. */
interface Picture {
  session: Row;
  usage: Row;
  events: string[];
  spans: string[];
  files: string[];
}

test('lean and full tell the same story', async ({ workshop }) => {
  test.setTimeout(180_000);
  const [lean, full] = await Promise.all([
    pictures('lean', workshop.root),
    pictures('full', workshop.root),
  ]);
  for (const scenario of WORK) {
    expect(lean[scenario], scenario).toEqual(full[scenario]);
    expect(lean[scenario]!.events.length, scenario).toBeGreaterThan(0);
  }
});

async function pictures(profile: 'lean' | 'full', root: string): Promise<Record<string, Picture>> {
  const own = join(root, profile);
  const [home, project] = [join(own, 'home'), join(own, 'project')];
  await mkdir(home, { recursive: true });
  await mkdir(project);
  const daemon = await Daemon.start(join(own, 'state'), home);
  const model = await MessagesApi.start(SCENARIOS, project);
  try {
    await daemon.command(['install', 'claude-code', '--yes', '--profile', profile]);
    const subscriber = await Subscriber.connect(await daemon.api());
    const found: Record<string, Picture> = {};
    for (const scenario of WORK) {
      const surroundings = { home, api_url: model.url(), more: { TAILHOOK_HOME: daemon.home } };
      const ended = await runClaudeCode({ prompt: `[[scenario:${scenario}]] go`, cwd: project, surroundings });
      expect(ended.code, ended.stderr).toBe(0);
      found[scenario] = await finalPicture(daemon, profile, own);
    }
    const api = await daemon.api();
    const seqs = (events: Envelope[]) => events.map(({ seq }) => seq);
    const streamedLive = async () => expect(seqs(subscriber.events)).toEqual(seqs(await api.events()));
    await expect(streamedLive).toPass({ timeout: 10_000 });
    await subscriber.close();
    return found;
  } finally {
    await model.stop();
    await daemon.stop();
  }
}

/** Once nothing changes any more: what a transcript tells of a call may come after the messages that follow it. */
async function finalPicture(daemon: Daemon, profile: string, own: string): Promise<Picture> {
  let last = await picture(daemon, profile, own);
  const stands = async () => {
    const before = last;
    last = await picture(daemon, profile, own);
    return JSON.stringify(last) === JSON.stringify(before);
  };
  await expect.poll(stands, { intervals: [1_000] }).toBe(true);
  return last;
}

/** Of the newest session, once its last line has been read. */
async function picture(daemon: Daemon, profile: string, own: string): Promise<Picture> {
  const api = await daemon.api();
  const newest = async () => (await api.json<{ sessions: Row[] }>('/api/v1/sessions')).sessions[0]!;
  const settled = async () => {
    const session = await newest();
    const { messages } = await api.json<{ messages: Row[] }>(`/api/v1/sessions/${String(session['session_id'])}/messages?limit=1000`);
    const last = messages.at(-1);
    return session['state'] === 'ended' && last?.['role'] === 'assistant' && (last['tools'] as string[]).length === 0;
  };
  await expect.poll(settled, { timeout: 10_000 }).toBe(true);
  const session = await newest();
  const id = String(session['session_id']);
  const events = (await api.events(id)).filter(
    // Of a call that cannot run the transcript tells the begin as well, hooks only PostToolBatch. Its span is the same.
    ({ type, data }) => /^hook\.(pre|post)_tool_use/.test(type) && data['tool_name'] !== 'NoSuchTool',
  );
  for (const { data } of events) expect(data['source'], profile).toBe(profile === 'lean' ? 'transcript' : undefined);
  const { spans } = await api.json<{ spans: Row[] }>(`/api/v1/sessions/${id}/spans?limit=1000`);
  const { files } = await api.json<{ files: Row[] }>(`/api/v1/sessions/${id}/files`);
  const pick = (row: Row, names: string[]) => Object.fromEntries(names.map((name) => [name, row[name]]));
  const plain = (value: unknown) => JSON.stringify(value).replaceAll(own, '');
  const usage = await api.json<Row>(`/api/v1/sessions/${id}/usage`);
  return {
    session: pick(session, ['state', 'state_detail', 'failed', 'turns', 'tools', 'failures', 'subagents', 'running_tools',
      'running_subagents', 'tokens', 'context_tokens', 'context_window', 'model', 'title', 'permission_mode']),
    usage: JSON.parse(plain({ ...usage, cost: Number(session['cost_usd']).toFixed(9) })) as Row,
    events: events.map(({ type, data }) => plain([type, data['tool_name'], data['summary'], data['failed']])).sort(),
    spans: spans.map((span) => plain(pick(span, ['kind', 'tool_name', 'summary', 'outcome', 'error']))).sort(),
    files: files.map((file) => plain(pick(file, ['path', 'reads', 'writes', 'edits']))).sort(),
  };
}
