// A desk on a busy morning: one session waits for a permission, one failed, one is done with its turn, several work, some are over.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Actor, sleep } from './actor.ts';

export interface Scene {
  blocked: Actor;
  failed: Actor;
  idle: Actor;
  working: Actor[];
  /** Answers the question and ends what still runs. */
  finish: () => Promise<void>;
}

const bash = (command: string, description: string) => ({ command, description });
const out = (stdout: string) => ({ stdout, stderr: '', interrupted: false, isImage: false });

/** `pace` 1 takes about ten seconds. */
export async function playScene(home: string, root: string, pace = 1): Promise<Scene> {
  const wait = (ms: number) => sleep(ms * pace);
  const actor = async (project: string, agent: string, branch: string) => {
    const cwd = join(root, 'code', project);
    await mkdir(join(cwd, '.git'), { recursive: true });
    await writeFile(join(cwd, '.git/HEAD'), `ref: refs/heads/${branch}\n`);
    return new Actor(home, agent, cwd);
  };
  const ended = await Promise.all([actor('shop-api', 'claude-code', 'main'), actor('landing', 'gemini-cli', 'main'), actor('parser', 'codex', 'main')]);
  for (const [n, old] of ended.entries()) {
    await old.start(['Bump express to 5', 'Make the hero image lazy', 'Why is date parsing slow?'][n]);
    await old.call({ tool: 'Bash', input: bash('git log --oneline | head -5', 'Recent commits'), response: out('a1b2c3 bump\nd4e5f6 fix'), ms: 40 * pace });
    await old.stop('Done.');
    await old.end();
  }

  const blocked = await actor('shop-api', 'claude-code', 'rate-limit');
  const failed = await actor('parser', 'claude-code', 'fix/dates');
  const idle = await actor('docs-site', 'claude-code', 'main');
  const web = await actor('web', 'claude-code', 'feat/checkout');
  const billing = await actor('billing', 'codex', 'main');
  const infra = await actor('infra', 'gemini-cli', 'tf-upgrade');
  const open: (() => Promise<void>)[] = [];

  // One after the other: nobody starts six agents within the same millisecond.
  await Promise.all([
    (async () => {
      await blocked.start('Add a rate limiter to the login route and prove it with a test');
      await blocked.call({ tool: 'Read', input: { file_path: join(blocked.cwd, 'src/app.js') }, response: { type: 'text', file: { filePath: 'src/app.js', content: "const app = express();\napp.use(requestId());\n", numLines: 2 } }, ms: 60 * pace });
      await wait(500);
      await Promise.all(
        ['Explore', 'code-reviewer'].map((type, n) =>
          blocked.subagent(type, async (agent_id) => {
            for (let step = 0; step < 6; step++) {
              await blocked.call({ tool: step % 2 ? 'Read' : 'Grep', input: step % 2 ? { file_path: join(blocked.cwd, `src/middleware/${step}.js`) } : { pattern: 'login', path: 'src' }, agent_id, agent_type: type, ms: (120 + n * 90 + step * 40) * pace, response: out('src/login.js:12: router.post("/login")') });
              await wait(150);
            }
          }),
        ),
      );
      await blocked.call({ tool: 'Edit', input: { file_path: join(blocked.cwd, 'src/app.js'), old_string: 'app.use(requestId());', new_string: 'app.use(requestId());\napp.use("/login", limiter({ max: 5 }));' }, ms: 80 * pace });
      await blocked.call({ tool: 'Bash', input: bash('node --test', 'Run the tests'), error: 'Exit code 1\nnot ok 3 - sixth login is refused\n  expected 429, got 200', ms: 900 * pace });
      await blocked.call({ tool: 'TodoWrite', input: { todos: [{ content: 'Map the middleware', status: 'completed' }, { content: 'Write the limiter', status: 'in_progress' }, { content: 'Smoke test', status: 'pending' }] }, ms: 20 * pace });
      open.push(await blocked.ask({ tool: 'Bash', input: bash('npm install express-rate-limit@8', 'Install the limiter') }));
    })(),
    (async () => {
      await wait(150);
      await failed.start('Dates before 1970 parse wrong: fix it');
      await failed.call({ tool: 'Read', input: { file_path: join(failed.cwd, 'src/date.js') }, ms: 40 * pace });
      await failed.call({ tool: 'Bash', input: bash('node --test --test-reporter=spec', 'Run the tests'), error: 'Exit code 1\nnot ok 2 - 1969-12-31', ms: 700 * pace });
      await failed.say('StopFailure', { error: 'overloaded_error', last_assistant_message: 'API Error: 529 Overloaded' });
    })(),
    (async () => {
      await wait(300);
      await idle.start('Check every link in the docs');
      await idle.call({ tool: 'Bash', input: bash('node scripts/check-links.js', 'Check links'), response: out('\u001b[32m128 links, 2 broken\u001b[0m'), ms: 1200 * pace });
      await idle.call({ tool: 'Edit', input: { file_path: join(idle.cwd, 'pages/install.md'), old_string: '/old', new_string: '/new' }, ms: 50 * pace });
      await idle.stop('All links work now: I mended two in `pages/install.md`.');
    })(),
    (async () => {
      await wait(450);
      await web.start('Build the checkout page from the design notes');
      for (let step = 0; step < 9; step++) {
        const calls = [
          { tool: 'Read', input: { file_path: join(web.cwd, `src/Checkout${step}.svelte`) }, ms: 40 },
          { tool: 'Bash', input: bash('npm run check', 'Type check'), ms: 400 + step * 50, response: out('0 errors') },
          { tool: 'Edit', input: { file_path: join(web.cwd, 'src/Cart.svelte'), old_string: 'let total = 0', new_string: 'const total = $derived(sum(items))' }, ms: 60 },
          { tool: 'mcp__figma__get_node', input: { node: `1:${step}` }, ms: 250 },
        ];
        const call = calls[step % calls.length]!;
        await web.call({ ...call, ms: call.ms * pace });
        await wait(180);
      }
      open.push(await web.begin({ tool: 'Bash', input: bash('npm run build && npm test -- --run', 'Build and test') }));
    })(),
    (async () => {
      await wait(600);
      await billing.start('Move invoices to the new tax table');
      for (let step = 0; step < 5; step++) {
        await billing.call({ tool: 'Bash', input: { command: `rg -n "tax_rate" src | head -${step + 3}` }, response: 'src/tax.ts:4', ms: 300 * pace });
        await wait(400);
      }
      open.push(await billing.begin({ tool: 'apply_patch', input: { command: '*** Begin Patch\n*** Update File: src/tax.ts\n-old\n+new\n*** End Patch' } }));
    })(),
    (async () => {
      await wait(750);
      await infra.start('Upgrade the terraform modules');
      await infra.call({ tool: 'run_shell_command', input: { command: 'terraform plan -no-color' }, ms: 1500 * pace });
      open.push(await infra.begin({ tool: 'run_shell_command', input: { command: 'terraform init -upgrade' } }));
    })(),
  ]);
  return { blocked, failed, idle, working: [web, billing, infra], finish: async () => void (await Promise.all(open.map((end) => end()))) };
}
