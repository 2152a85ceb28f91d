// ~/code/shop-api: tasks and two subagents at once; the person refuses a dependency, and lets a question wait for long.
import { bash, call, subagent } from '../agent/script.ts';
import type { Scripts } from '../agent/script.ts';
import type { Desk, Story } from './desk.ts';
import { after, speech } from './pace.ts';

const APP_JS = `import { login } from "./login.js";
import { requestLog } from "./middleware/request-log.js";

const chain = [requestLog];
const routes = { "POST /login": login };

export async function handle(request) {
  for (const middleware of chain) {
    const answer = middleware(request);
    if (answer) return answer;
  }
  const route = routes[\`\${request.method} \${request.path}\`];
  return route ? route(request) : { status: 404 };
}
`;

const RATE_LIMIT_JS = `/** At most \`limit\` requests per address and window; the next one is told when to come back. */
export function rateLimit({ limit, window_ms, now = Date.now }) {
  const windows = new Map();
  return function check(request) {
    const current = windows.get(request.address);
    if (!current || now() - current.since >= window_ms) {
      windows.set(request.address, { since: now(), count: 1 });
      return undefined;
    }
    current.count += 1;
    if (current.count <= limit) return undefined;
    const retry_after = Math.ceil((current.since + window_ms - now()) / 1000);
    return { status: 429, headers: { "retry-after": String(retry_after) } };
  };
}
`;

const RATE_LIMIT_TEST_JS = `import assert from "node:assert/strict";
import { test } from "node:test";
import { rateLimit } from "../src/middleware/rate-limit.js";

test("refuses the request after the limit, and forgives after the window", () => {
  let time = 0;
  const check = rateLimit({ limit: 2, window_ms: 1000, now: () => time });
  const request = { address: "192.0.2.1" };
  assert.equal(check(request), undefined);
  assert.equal(check(request), undefined);
  assert.equal(check(request).status, 429);
  assert.equal(check({ address: "192.0.2.2" }), undefined);
  time = 1000;
  assert.equal(check(request), undefined);
});
`;

const SMOKE_JS = `import { handle } from "../src/app.js";

const request = { method: "POST", path: "/login", address: "192.0.2.7", body: { name: "ada" } };
for (let n = 1; n <= 7; n++) console.log(n, (await handle(request)).status);
`;

const scripts = (folder: string): Scripts => ({
  'rate limit': {
    opens: 'Add rate limiting to POST /login',
    turns: () => [
      after(
        1900,
        speech('Three steps: look around, write the limiter, prove it.'),
        task('Find out how middleware and login tests are laid out', 'Looking around'),
        task('Write the rate limiter and wire it in', 'Writing the limiter'),
        task('Prove it with a test and a smoke run', 'Proving it'),
      ),
      after(900, update('1', 'in_progress')),
      after(
        1500,
        subagent('Map the middleware', 'Map how middleware is wired in src/ and where a limiter would go.', 'Explore'),
        subagent(
          'Survey login tests',
          'List what the tests say about login and what they leave open.',
          'general-purpose',
        ),
      ),
      after(1600, update('1', 'completed'), update('2', 'in_progress')),
      after(1400, bash('npm install express-rate-limit', { description: 'Add the rate limiter package' })),
    ],
  },
  'map middleware': {
    opens: 'Map how middleware is wired',
    turns: () => [
      after(
        1500,
        bash('ls -R src', { description: 'List the sources' }),
        call('Read', { file_path: `${folder}/src/app.js` }),
      ),
      after(1900, call('Read', { file_path: `${folder}/src/middleware/request-log.js` })),
      after(
        1700,
        speech(
          '`chain` in src/app.js runs each middleware in order; one that returns an answer ends the request. A limiter goes first.',
        ),
      ),
    ],
  },
  'survey tests': {
    opens: 'List what the tests say about login',
    turns: () => [
      after(1300, bash('grep -rn login test', { description: 'Find login in the tests' })),
      after(1200, call('Read', { file_path: `${folder}/test/rate-limit.test.js` })),
      after(2400, bash('cat src/login.js', { description: 'Read the login handler' })),
      after(1500, speech('Nothing tests login at all, and there is no test of a limiter yet.')),
    ],
  },
  'by hand': {
    opens: 'no new dependencies',
    turns: () => [
      after(
        2200,
        speech('Understood, it is twenty lines anyway.'),
        call('Write', { file_path: `${folder}/src/middleware/rate-limit.js`, content: RATE_LIMIT_JS }),
        call('Write', { file_path: `${folder}/test/rate-limit.test.js`, content: RATE_LIMIT_TEST_JS }),
      ),
      // The client lets nobody edit what that agent has not read itself; the subagent's reading does not count.
      after(1200, call('Read', { file_path: `${folder}/src/app.js` })),
      after(
        1700,
        call('Edit', {
          file_path: `${folder}/src/app.js`,
          old_string: 'import { requestLog } from "./middleware/request-log.js";\n\nconst chain = [requestLog];',
          new_string:
            'import { rateLimit } from "./middleware/rate-limit.js";\nimport { requestLog } from "./middleware/request-log.js";\n\n' +
            'const chain = [rateLimit({ limit: 5, window_ms: 60_000 }), requestLog];',
        }),
      ),
      after(1100, bash('node --test --test-reporter=spec', { description: 'Run the tests' })),
      after(1300, update('2', 'completed'), update('3', 'in_progress')),
      after(1400, bash('node scripts/smoke.js', { description: 'Send seven logins in a row' })),
      after(900, update('3', 'completed')),
      after(
        1800,
        speech(
          '`POST /login` now takes five requests a minute and address; the sixth gets 429 with `Retry-After`. ' +
            'The limiter is src/middleware/rate-limit.js, its clock can be set, so the test needs no waiting.',
        ),
      ),
    ],
  },
  compaction: {
    // What the client itself asks when it compacts a conversation.
    opens: 'create a detailed summary',
    turns: () => [
      after(
        1500,
        speech(
          '<summary>POST /login is limited to 5 requests a minute; limiter, test and smoke run are done.</summary>',
        ),
      ),
    ],
  },
});

const task = (subject: string, activeForm: string) =>
  call('TaskCreate', { subject, description: `${subject}.`, activeForm });
const update = (taskId: string, status: string) => call('TaskUpdate', { taskId, status });

async function person(desk: Desk): Promise<void> {
  await desk.pauses(3000);
  await desk.sitDown();
  await desk.pauses(3000);
  await desk.asks('Add rate limiting to POST /login. Look first at how middleware is wired and what the tests cover.');
  await desk.sees('PermissionRequest');
  await desk.pauses(3000);
  await desk.presses('Escape');
  await desk.pauses(1500);
  await desk.asks('Please, no new dependencies for this. Write it by hand.');
  await desk.sees('PermissionRequest');
  // Somebody else pulls meanwhile, and nobody is at this desk.
  await desk.save('package.json', '{ "name": "shop-api", "version": "1.4.1", "type": "module" }\n');
  await desk.pauses(12_000);
  await desk.presses('2');
  await desk.sees('Stop');
  await desk.pauses(3000);
  await desk.asks('/compact');
  await desk.sees('PostCompact');
  await desk.pauses(2000);
  await desk.leaves();
}

export const SHOP_API: Story = {
  project: 'shop-api',
  files: {
    'CLAUDE.md': '# shop-api\n\nPlain Node, no framework. Conventions: @docs/style.md\n',
    'docs/style.md': 'Small functions. Units in names. A test for each rule.\n',
    'package.json': '{ "name": "shop-api", "version": "1.4.0", "type": "module" }\n',
    'src/app.js': APP_JS,
    'src/login.js': 'export function login({ body }) {\n  return body?.name ? { status: 200 } : { status: 400 };\n}\n',
    'src/middleware/request-log.js':
      'export function requestLog({ method, path }) {\n  if (process.env.LOG) console.log(method, path);\n}\n',
    'scripts/smoke.js': SMOKE_JS,
    'test/app.test.js':
      'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport { handle } from "../src/app.js";\n\n' +
      'test("unknown paths are 404", async () => {\n  assert.equal((await handle({ method: "GET", path: "/nope" })).status, 404);\n});\n',
    '.claude/settings.json': '{ "permissions": { "allow": ["Bash(node --test:*)"] } }\n',
  },
  args: ['--permission-mode', 'acceptEdits'],
  scripts,
  person,
};
