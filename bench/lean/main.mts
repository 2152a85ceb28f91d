// What tailhook adds to a tool call of the real Claude Code, and how late a tool call is told: no hooks, the lean profile, the
// full one. Sessions take turns in random order, each calls Bash `true` some dozen times, and the model is a script on
// 127.0.0.1, so the time from its answer to the next request is the client's own, the tool's and the hooks'.
//
//     make bench-lean                      about five minutes; --quick for a look that keeps no results
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runClaudeCode } from '../../e2e/agent/claude-code.ts';
import { MessagesApi } from '../../e2e/agent/messages-api.ts';
import { SCENARIOS } from '../../e2e/agent/scenarios.ts';
import { Daemon } from '../../e2e/tailhook/daemon.ts';
import { Subscriber } from '../../e2e/tailhook/subscriber.ts';

const RESULTS = fileURLToPath(new URL('../results/lean.md', import.meta.url));
/** The first calls of a session find the client's caches cold. */
const WARM_UP = 5;

type Way = 'none' | 'none, again' | 'lean' | 'full';

/** One way of registering, with a home of its own. */
interface Stand {
  way: Way;
  root: string;
  model: MessagesApi;
  daemon?: Daemon;
  subscriber?: Subscriber;
  /** Of each session, the times of its calls in ms. */
  sessions: number[][];
}

interface Lateness {
  begin: number[];
  end: number[];
  expected: number;
}

async function main(): Promise<void> {
  const quick = process.argv.includes('--quick');
  const [rounds, calls] = quick ? [3, 20] : [12, 40];
  const root = await realpath(await mkdtemp(join(tmpdir(), 'lean-')));
  const stands: Stand[] = [];
  try {
    for (const way of ['none', 'none, again', 'lean', 'full'] as const) stands.push(await build(way, root));
    for (let round = 0; round < rounds; round++) {
      for (const stand of shuffled(stands)) await work(stand, calls);
      console.error(`round ${round + 1} of ${rounds}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const text = await report(stands, rounds, calls);
    console.log(text);
    if (!quick) await writeFile(RESULTS, text);
  } finally {
    for (const stand of stands) {
      await stand.subscriber?.close();
      await stand.daemon?.stop();
      await stand.model.stop();
    }
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function build(way: Way, root: string): Promise<Stand> {
  const own = join(root, way.replace(/\W+/g, '-'));
  const home = join(own, 'home');
  await mkdir(join(own, 'project'), { recursive: true });
  await mkdir(home);
  const model = await MessagesApi.start(SCENARIOS, join(own, 'project'));
  const stand: Stand = { way, root: own, model, sessions: [] };
  if (way === 'lean' || way === 'full') {
    stand.daemon = await Daemon.start(join(own, 'state'), home);
    await stand.daemon.command(['install', 'claude-code', '--yes', '--profile', way]);
    stand.subscriber = await Subscriber.connect(await stand.daemon.api());
  }
  return stand;
}

async function work({ root, model, daemon, sessions }: Stand, calls: number): Promise<void> {
  model.turns.length = 0;
  const ended = await runClaudeCode({
    prompt: `[[scenario:quick n=${calls}]] go`,
    cwd: join(root, 'project'),
    surroundings: { home: join(root, 'home'), api_url: model.url(), more: daemon ? { TAILHOOK_HOME: daemon.home } : {} },
  });
  if (ended.code !== 0) throw new Error(`the client ended with ${ended.code}: ${ended.stderr}`);
  const turns = [...model.turns];
  const times = turns.slice(1).map(({ asked_ms }, index) => asked_ms - turns[index]!.answered_ms);
  if (times.length !== calls) throw new Error(`${times.length} calls in place of ${calls}`);
  sessions.push(times.slice(WARM_UP));
}

/** Against the client's own times of each call in its transcripts. */
async function lateness({ root, subscriber }: Stand): Promise<Lateness> {
  const written = new Map<string, number>();
  const projects = join(root, 'home/.claude/projects');
  for (const name of await readdir(projects, { recursive: true })) {
    if (!name.endsWith('.jsonl')) continue;
    for (const text of (await readFile(join(projects, name), 'utf8')).split('\n').filter(Boolean)) {
      const line = JSON.parse(text);
      const blocks = Array.isArray(line.message?.content) ? line.message.content : [];
      for (const block of blocks) {
        if (block.type === 'tool_use') written.set(`begin ${block.id}`, Date.parse(line.timestamp));
        if (block.type === 'tool_result') written.set(`end ${block.tool_use_id}`, Date.parse(line.timestamp));
      }
    }
  }
  const late: Lateness = { begin: [], end: [], expected: written.size };
  for (const [index, event] of subscriber!.events.entries()) {
    const side = { 'hook.pre_tool_use': 'begin', 'hook.post_tool_use': 'end' }[event.type] as 'begin' | 'end' | undefined;
    const at = side && written.get(`${side} ${event.data['tool_use_id']}`);
    if (side && at !== undefined) late[side].push(subscriber!.arrived_ms[index]! - at);
  }
  return late;
}

async function report(stands: Stand[], rounds: number, calls: number): Promise<string> {
  const none = stands[0]!;
  const rows = stands.map(({ way, sessions }) => {
    const all = sessions.flat();
    const added = sessions.map((times, round) => at(times, 50) - at(none.sessions[round]!, 50));
    const spread = way === 'none' ? '' : `${ms(at(added, 25))} to ${ms(at(added, 75))}`;
    const difference = way === 'none' ? '' : signed(at(all, 50) - at(none.sessions.flat(), 50));
    return `| ${way} | ${ms(at(all, 25))} | ${ms(at(all, 50))} | ${ms(at(all, 99))} | ${difference} | ${spread} | ${all.length} |`;
  });
  const late: string[] = [];
  for (const stand of stands.filter(({ subscriber }) => subscriber)) {
    const { begin, end, expected } = await lateness(stand);
    for (const [what, times] of Object.entries({ begin, end })) {
      late.push(
        `| ${stand.way} | ${what} | ${ms(at(times, 50))} | ${ms(at(times, 99))} | ${ms(Math.max(...times))} | ${times.length} of ${expected / 2} |`,
      );
    }
  }
  const cpu = cpus()[0]?.model ?? 'unknown';
  const day = new Date().toISOString().slice(0, 10);
  return `# What tailhook adds to a tool call, and how late it tells

${cpu}, ${cpus().length} cores, Linux ${release()}, ${day}, load ${loadavg()[0]!.toFixed(1)}.

The real Claude Code 2.1.197, \`-p\`, against a scripted model on 127.0.0.1. ${rounds} rounds; in each, one session per way, in random order, of ${calls} calls of
Bash \`true\`, the first ${WARM_UP} left out. Written by \`make bench-lean\`.

## Time of a tool call

From the model's answer to the client's next request. "none, again" is the same as "none": its difference is what the machine does by itself.

| hooks | p25 | p50 | p99 | added, p50 | added per round, p25 to p75 | calls |
|---|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}

## Lateness

From the time that the client itself gives to the begin and the end of a call to the arrival of its event at a WebSocket subscriber. In the lean profile most of it
is the client's own: it writes its transcript about every 100 ms.

| profile | event | p50 | p99 | max | told |
|---|---|---:|---:|---:|---:|
${late.join('\n')}
`;
}

function at(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? NaN;
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const signed = (value: number): string => (value < 0 ? '' : '+') + ms(value);

function shuffled<T>(values: T[]): T[] {
  return values
    .map((value) => ({ value, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}

await main();
