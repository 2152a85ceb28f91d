// What tailhook adds to a tool call of each real client: its hooks as `tailhook install` registers them, against none.
// Sessions with and without take turns in random order. The model is a script on 127.0.0.1, so the time from one request
// of the client to the next is the tool's (the shell's `true`), the client's own and the hooks'.
//
//     e2e/node_modules/.bin/tsx bench/agents/main.mts [--quick] [codex gemini-cli qwen-code]      after make build and npm ci in e2e/
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { codex } from '../../e2e/agent/codex/codex.ts';
import { startResponsesApi } from '../../e2e/agent/codex/responses-api.ts';
import { gemini } from '../../e2e/agent/gemini/gemini.ts';
import { startGenerateApi } from '../../e2e/agent/gemini/generate-api.ts';
import { Client } from '../../e2e/agent/kind.ts';
import type { Kind } from '../../e2e/agent/kind.ts';
import { call, say, turn } from '../../e2e/agent/script.ts';
import type { Call, Scripts } from '../../e2e/agent/script.ts';
import { startChatApi } from '../../e2e/agent/qwen/chat-api.ts';
import { qwen } from '../../e2e/agent/qwen/qwen.ts';
import { Daemon } from '../../e2e/tailhook/daemon.ts';

const RESULTS = fileURLToPath(new URL('../results/agents.md', import.meta.url));
/** The first calls of a session find the client's caches cold. */
const WARM_UP = 3;

interface Candidate {
  kind: Kind;
  start: (scripts: Scripts, folder: string) => ReturnType<Kind['startModel']>;
  /** A tool call that does nothing; numbered, because a client may end a series of identical ones. */
  nothing: (n: number) => Call;
}

const CANDIDATES: Candidate[] = [
  { kind: codex, start: startResponsesApi, nothing: (n) => call('exec_command', { cmd: `true ${n}` }) },
  { kind: gemini, start: startGenerateApi, nothing: (n) => shell(n) },
  { kind: qwen, start: startChatApi, nothing: (n) => shell(n, { is_background: false }) },
];

const shell = (n: number, more: object = {}): Call =>
  call('run_shell_command', { command: `true ${n}`, description: 'Do nothing', ...more });

interface Row {
  name: string;
  version: string;
  hooks: number;
  none: number[];
  with_hooks: number[];
  added: number[];
}

async function main(): Promise<void> {
  const quick = process.argv.includes('--quick');
  const [rounds, calls] = quick ? [2, 10] : [8, 25];
  const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const rows: Row[] = [];
  for (const candidate of CANDIDATES) {
    if (names.length > 0 && !names.includes(candidate.kind.name)) continue;
    rows.push(await measure(candidate, rounds, calls));
  }
  const text = report(rows, rounds, calls);
  console.log(text);
  if (!quick) await writeFile(RESULTS, text);
}

/** Two homes of one client, with and without; a session in each is a round. */
async function measure({ kind, start, nothing }: Candidate, rounds: number, calls: number): Promise<Row> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'bench-')));
  const asked: number[] = [];
  const turns = () => {
    asked.push(performance.now());
    return [...Array.from({ length: calls }, (_, n) => turn(nothing(n))), turn(say('Done.'))];
  };
  const scripted: Kind = { ...kind, startModel: (folder) => start({ bench: { turns } }, folder) };
  const places = { none: join(root, 'none'), with_hooks: join(root, 'with') };
  const clients: Partial<Record<keyof typeof places, Client>> = {};
  const daemons: Daemon[] = [];
  try {
    for (const way of ['none', 'with_hooks'] as const) {
      const home = join(places[way], 'home');
      await mkdir(home, { recursive: true });
      const daemon = await Daemon.start(join(places[way], 'state'), home);
      daemons.push(daemon);
      const client = await Client.create(scripted, { root: places[way], home }, daemon);
      if (way === 'with_hooks') {
        await daemon.command(['install', kind.name, '--yes']);
        await client.consent();
      }
      clients[way] = client;
    }
    const medians = { none: [] as number[], with_hooks: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      for (const way of Math.random() < 0.5 ? (['none', 'with_hooks'] as const) : (['with_hooks', 'none'] as const)) {
        asked.length = 0;
        const { code, stderr } = await clients[way]!.run('[[scenario:bench]] go');
        if (code !== 0) throw new Error(`${kind.name} ended with ${code}: ${stderr}`);
        const gaps = asked.slice(1).map((at, index) => at - asked[index]!);
        if (gaps.length !== calls) throw new Error(`${kind.name}: ${gaps.length} gaps for ${calls} calls`);
        medians[way].push(median(gaps.slice(WARM_UP)));
      }
      console.error(`${kind.name}: round ${round + 1} of ${rounds}`);
    }
    const stored = await (await daemons[1]!.api()).events();
    const on_call = stored.filter(({ type }) => /tool|model_request/.test(type)).length / (rounds * calls);
    const version = String((kind as { version?: string }).version ?? '');
    const added = medians.with_hooks.map((ms, round) => ms - medians.none[round]!);
    return { name: kind.name, version, hooks: on_call, ...medians, added };
  } finally {
    for (const client of Object.values(clients)) await client?.stop();
    for (const daemon of daemons) await daemon.stop();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function report(rows: Row[], rounds: number, calls: number): string {
  const ms = (value: number) => value.toFixed(1);
  const range = (values: number[]) => `${ms(Math.min(...values))} to ${ms(Math.max(...values))}`;
  const line = ({ name, version, hooks, none, with_hooks, added }: Row) =>
    `| ${name} ${version} | ${hooks.toFixed(1)} | ${ms(median(none))} | ${ms(median(with_hooks))} | ${ms(median(added))} | ${range(added)} |`;
  return `# What a tool call costs on each client

${rounds} sessions with tailhook's hooks (full profile, daemon running) and ${rounds} without, in turns, each with ${calls} calls of
the shell's \`true\`, the first ${WARM_UP} left out. Milliseconds from one request of the client to the next: the median of each session, and
of these the median. Added is the difference within a round; its range is over the rounds.

| client | hooks a call | none | with hooks | added | range of added |
|---|---:|---:|---:|---:|---|
${rows.map(line).join('\n')}

Claude Code starts its hooks without waiting for them; what that takes stands in \`lean.md\`.

${cpus().length} cores, ${cpus()[0]?.model.trim() ?? 'unknown'}, ${process.platform} ${release()}, Node ${process.version}, load ${loadavg()[0]!.toFixed(1)} at the end.
Reproduce with \`e2e/node_modules/.bin/tsx bench/agents/main.mts\`.
`;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

await main();
