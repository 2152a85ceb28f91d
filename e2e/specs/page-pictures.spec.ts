// Pictures of the main views in three widths, from data that never changes, against those that are kept.
// After a change that is meant: npx playwright test page-pictures --update-snapshots, and look at them.
import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { Dashboard } from '../page/dashboard.ts';
import { expect, test } from './fixtures.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');
const at = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1_000).toISOString().replace('Z', '000Z');

const session = (n: number, project: string, agent: string, state: string, more: object) => ({
  session_id: `0000000${n}-0000-4000-8000-000000000000`,
  agent,
  project,
  cwd: `/home/dev/code/${project}`,
  state,
  failed: false,
  state_since: at(40 * n),
  started_at: at(500),
  last_at: at(n),
  first_seq: n,
  last_seq: 100 + n,
  events: 40 * n,
  turns: n,
  tools: 17 * n,
  failures: n % 3,
  subagents: 0,
  running_tools: 0,
  ...more,
});

const SESSIONS = [
  session(1, 'shop-api', 'claude-code', 'waiting_permission', { state_detail: 'Bash: npm install express-rate-limit@8', git_branch: 'rate-limit', title: 'Add a rate limiter to the login route', tokens: { input: 1_200, output: 9_400, cache_read: 310_000 }, cost_usd: 1.42 }),
  session(2, 'parser', 'claude-code', 'waiting_user', { failed: true, state_detail: 'API Error: 529 Overloaded', git_branch: 'fix/dates', title: 'Dates before 1970 parse wrong' }),
  session(3, 'docs-site', 'gemini-cli', 'waiting_user', { title: 'Check every link in the docs' }),
  session(4, 'billing', 'codex', 'working', { current: 'apply_patch: src/tax.ts', title: 'Move invoices to the new tax table', git_branch: 'main' }),
  session(5, 'landing', 'claude-code', 'ended', { title: 'Make the hero image lazy', end_reason: 'other' }),
];

function events(): object[] {
  const list: object[] = [];
  const add = (n: number, type: string, secondsAgo: number, data: object): void =>
    void list.push({ type, seq: list.length + 1, timestamp: at(secondsAgo), session_id: SESSIONS[n]!.session_id, agent: SESSIONS[n]!.agent, data: { hook_us: 20, delivery_us: 90, truncated: false, bytes: 300, ...data } });
  const call = (n: number, id: string, tool_name: string, summary: string, from: number, to: number | null, more: object = {}): void => {
    add(n, 'hook.pre_tool_use', from, { tool_name, tool_use_id: id, summary });
    if (to !== null) add(n, 'failed' in more ? 'hook.post_tool_use_failure' : 'hook.post_tool_use', to, { tool_name, tool_use_id: id, summary, duration_ms: (from - to) * 1_000, ...more });
  };
  for (const [n, prompt] of ['Add a rate limiter to the login route', 'Dates before 1970 parse wrong', 'Check every link in the docs', 'Move invoices to the new tax table'].entries()) {
    add(n, 'hook.user_prompt', 480 - n * 20, { summary: prompt });
    call(n, `read${n}`, 'Read', 'src/app.js', 440 - n * 20, 438 - n * 20);
    call(n, `bash${n}`, 'Bash', 'node --test', 400 - n * 10, 330 - n * 10, n === 1 ? { failed: true, summary: 'Exit code 1: not ok 2 - 1969-12-31' } : {});
    call(n, `edit${n}`, 'Edit', 'src/app.js', 300 - n * 5, 290 - n * 5);
  }
  add(1, 'hook.stop_failure', 80, { failed: true, summary: 'API Error: 529 Overloaded' });
  add(2, 'hook.stop', 120, { summary: 'All links work now.' });
  call(3, 'patch', 'apply_patch', 'src/tax.ts', 60, null);
  call(0, 'ask', 'Bash', 'npm install express-rate-limit@8', 41, null);
  add(0, 'hook.permission_request', 40, { tool_name: 'Bash', summary: 'npm install express-rate-limit@8' });
  return list;
}

async function fixed(page: Page): Promise<void> {
  await page.clock.setFixedTime(NOW);
  const all = events() as { session_id: string }[];
  await page.route('**/api/v1/sessions', (route) => route.fulfill({ json: { sessions: SESSIONS, seq: 0 } }));
  await page.route('**/api/v1/events?*', (route) => {
    const id = new URL(route.request().url()).searchParams.get('session');
    return route.fulfill({ json: { events: all.filter(({ session_id }) => !id || session_id === id), next: null, seq: 0 } });
  });
  const times = { count: 100, p50: 30, p99: 90, max: 100 };
  await page.route('**/api/v1/stats', (route) =>
    route.fulfill({ json: { version: '1.0.0', seq: 40, uptime_s: 60, events: { stored: 40, torn: 0, dropped: 0 }, hook_us: times, delivery_us: times, commit_us: times, subscribers: 1 } }),
  );
}

const PICTURES = [
  { name: 'room-1440-dark', width: 1_440, height: 900, colorScheme: 'dark', path: '/', shown: 'room' },
  { name: 'stream-900-light', width: 900, height: 700, colorScheme: 'light', path: `/?session=${SESSIONS[0]!.session_id}`, shown: 'timeline' },
  { name: 'room-390-light', width: 390, height: 760, colorScheme: 'light', path: '/', shown: 'room' },
] as const;

test.use({ timezoneId: 'UTC', locale: 'en-GB' });

function font(): string {
  try {
    return execFileSync('fc-match', ['system-ui'], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

for (const { name, width, height, colorScheme, path, shown } of PICTURES) {
  test(`picture ${name}`, async ({ page, daemon }) => {
    test.skip(!font().includes('DejaVu'), 'the pictures are drawn with DejaVu Sans');
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height });
    await Dashboard.open(page, daemon);
    await fixed(page);
    await page.goto(daemon.url + path);
    await expect(page.getByTestId(shown)).toBeVisible();
    await expect(page.getByTestId('session-item').or(page.getByTestId('room-lane')).first()).toBeAttached();
    await expect(page.getByTestId('connection')).toHaveAttribute('data-state', 'live');
    await expect(page).toHaveScreenshot(`${name}.png`, { maxDiffPixelRatio: 0.03 });
  });
}
