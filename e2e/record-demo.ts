// Records what `tailhook demo` replays: three people work with the real client at once, and a witness keeps every payload.
//
//     npm run record-demo [FILE]        needs tmux; takes about 90 seconds; FILE defaults to the one in the crate
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessagesApi } from './agent/messages-api.ts';
import { Witness } from './agent/witness.ts';
import { Desk } from './demo/desk.ts';
import { DOCS_SITE } from './demo/docs-site.ts';
import { PARSER } from './demo/parser.ts';
import { recording } from './demo/recording.ts';
import { SHOP_API } from './demo/shop-api.ts';
import { Terminal } from './demo/terminal.ts';

const DEFAULT_FILE = fileURLToPath(new URL('../crates/tailhook/demo/recording.jsonl', import.meta.url));
const STORIES = [PARSER, SHOP_API, DOCS_SITE];

// All but WorktreeCreate, whose hook has to make the worktree, and MessageDisplay, which fires for every few words.
const EVENTS =
  `PreToolUse PostToolUse PostToolUseFailure PostToolBatch Notification UserPromptSubmit UserPromptExpansion SessionStart
  SessionEnd Stop StopFailure SubagentStart SubagentStop PreCompact PostCompact PermissionRequest PermissionDenied Setup TeammateIdle
  TaskCreated TaskCompleted Elicitation ElicitationResult ConfigChange WorktreeRemove InstructionsLoaded CwdChanged FileChanged`.split(
    /\s+/,
  );

async function record(file: string): Promise<void> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'demo-')));
  const home = join(root, 'home/dev');
  const socket = join(root, 'tmux.sock');
  const witness = await Witness.create(join(root, 'witness'));
  const scripts = Object.assign({}, ...STORIES.map((story) => story.scripts(join(home, 'code', story.project))));
  const model = await MessagesApi.start(scripts, home);
  try {
    await writeSettings(home, witness);
    const desks = [];
    for (const story of STORIES) desks.push(await Desk.prepare(story, { home, api_url: model.url() }, socket, witness));
    await Promise.all(desks.map((desk, index) => STORIES[index]!.person(desk)));
    const text = recording(await witness.testimonies(), root);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.error(summary(text, file));
  } finally {
    await Terminal.close(socket);
    await model.stop();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The hooks, answers to the questions that a first start would ask, and a name for commits. */
async function writeSettings(home: string, witness: Witness): Promise<void> {
  const group = (event: string) => ({
    ...(event === 'FileChanged' && { matcher: 'package.json' }),
    hooks: [witness.entry()],
  });
  const settings = { hooks: Object.fromEntries(EVENTS.map((event) => [event, [group(event)]])) };
  await mkdir(join(home, '.claude'), { recursive: true });
  await writeFile(join(home, '.claude/settings.json'), JSON.stringify(settings, null, 2));
  const seen = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true, projectOnboardingSeenCount: 9 };
  const state = {
    hasCompletedOnboarding: true,
    lastOnboardingVersion: '9.9.9',
    numStartups: 5,
    theme: 'dark',
    customApiKeyResponses: { approved: ['dummy-key'], rejected: [] },
    projects: Object.fromEntries(STORIES.map(({ project }) => [join(home, 'code', project), seen])),
  };
  await writeFile(join(home, '.claude.json'), JSON.stringify(state));
  await writeFile(
    join(home, '.gitconfig'),
    '[user]\n\tname = Dev\n\temail = dev@example.com\n[init]\n\tdefaultBranch = main\n',
  );
}

function summary(text: string, file: string): string {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { at_ms: number; payload: string });
  const counts = new Map<string, number>();
  for (const { payload } of lines) {
    const name = (JSON.parse(payload) as { hook_event_name: string }).hook_event_name;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const length = `${lines.length} events, ${Math.round(lines.at(-1)!.at_ms / 1000)} s, ${Math.round(Buffer.byteLength(text) / 1024)} KiB`;
  return `${file}: ${length}\n${[...counts].map(([name, count]) => `  ${count} ${name}`).join('\n')}`;
}

await record(process.argv[2] ?? DEFAULT_FILE);
