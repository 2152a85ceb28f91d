// What the dashboard says when something is not as usual, and what hostile text can do to it: nothing.
import { Actor } from '../page/actor.ts';
import { Dashboard } from '../page/dashboard.ts';
import { callHook } from '../page/hook.ts';
import { expect, test } from './fixtures.ts';

test('nothing stored yet: the one command, and the live view with the first event', async ({ page, daemon }) => {
  const dashboard = await Dashboard.open(page, daemon);
  await expect(page.getByTestId('empty')).toContainText('tailhook install claude-code');
  const actor = new Actor(daemon.home, 'claude-code', '/home/dev/code/first');
  await actor.start('Say hello');
  await expect(dashboard.rows).toHaveCount(2);
  await expect(page.getByTestId('empty')).toHaveCount(0);
  expect(dashboard.problems()).toEqual([]);
});

test('a hook of another version is named where the daemon stands', async ({ page, daemon }) => {
  const dashboard = await Dashboard.open(page, daemon);
  await new Actor(daemon.home, 'claude-code', '/home/dev/code/work').start('go');
  await page.getByTestId('tab-latency').click();
  await expect(page.getByTestId('latency-view')).toContainText('The store takes what comes');
  await expect(page.getByTestId('kept')).toContainText('; what is older than 30 days or beyond 2.1 GB is removed.');
  await expect(page.getByTestId('hook-skew')).toHaveCount(0);
  await page.route('**/api/v1/stats', async (route) => {
    const response = await route.fetch();
    const stats = (await response.json()) as object;
    await route.fulfill({ response, json: { ...stats, hook_skew: '/opt/<b>tailhook-hook is version 0.0.9, tailhook is 0.1.0' } });
  });
  await page.reload();
  await expect(page.getByTestId('hook-skew')).toContainText('The hook is of another version: /opt/<b>tailhook-hook is version 0.0.9, tailhook is 0.1.0. tailhook doctor says what to do.');
  expect(dashboard.problems()).toEqual([]);
});

test("tailhook's own checks are no sessions, and are there for who asks", async ({ page, daemon }) => {
  const verify = () => daemon.command(['verify']);
  await verify();
  const dashboard = await Dashboard.open(page, daemon);
  await expect(page.getByTestId('empty')).toContainText('No events yet');
  const actor = new Actor(daemon.home, 'claude-code', '/home/dev/code/work');
  await actor.start('go');
  await verify();
  await actor.say('Notification', { message: 'behind it' });
  await expect(dashboard.rows).toHaveCount(3);
  await expect(dashboard.sessions).toHaveCount(1);
  await expect(dashboard.sessions).toHaveAttribute('data-session', actor.id);
  await expect(page.getByTestId('session-all')).toContainText('1');
  await page.getByTestId('tab-agents').click();
  await expect(page.getByTestId('agent-row')).toHaveCount(1);
  await page.getByTestId('tab-latency').click();
  await expect(page.getByTestId('cost-today')).toContainText(/[\d.]+ ms\s+5 calls, since \d\d:\d\d/);

  await page.getByTestId('tab-events').click();
  await page.getByTestId('search').fill('agent:tailhook-*');
  await expect(dashboard.rows).toHaveCount(2);
  await expect(dashboard.sessions).toHaveCount(2);
  await dashboard.sessions.first().click();
  await page.getByRole('button', { name: 'Clear search' }).click();
  await expect(dashboard.rows).toHaveCount(1);
  await expect(dashboard.rows).toContainText('tailhook verify');
  expect(dashboard.problems()).toEqual([]);
});

test('a notice when a session needs somebody, for the projects that were chosen', async ({ page, daemon, context }) => {
  await context.grantPermissions(['notifications'], { origin: daemon.url });
  await page.addInitScript(() => {
    const told: string[] = [];
    class Told {
      static permission = 'granted';
      static requestPermission = () => Promise.resolve('granted');
      constructor(title: string) {
        told.push(title);
      }
      close(): void {}
    }
    Object.assign(window, { told, Notification: Told });
    document.hasFocus = () => false;
  });
  const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told);
  const [loud, quiet] = ['loud', 'quiet'].map((name) => new Actor(daemon.home, 'claude-code', `/home/dev/code/${name}`)) as [Actor, Actor];
  await Promise.all([loud.start('go'), quiet.start('go')]);
  const dashboard = await Dashboard.open(page, daemon);
  await expect(dashboard.sessions).toHaveCount(2);
  await page.getByRole('button', { name: 'Notices: off' }).click();
  await page.getByLabel('Tell me when a session needs me or fails').check();
  await page.getByLabel('quiet', { exact: true }).uncheck();
  await quiet.ask({ tool: 'Bash', input: { command: 'rm -r build' } });
  await loud.ask({ tool: 'Bash', input: { command: 'rm -r build' } });
  await expect.poll(told).toEqual(['loud: permission']);
  await expect(page).toHaveTitle('(2) tailhook');
  await expect(page.locator('#icon')).toHaveAttribute('href', /^data:image\/svg/);
});

test('a store in trouble, and a daemon of another version, are said plainly', async ({ page, daemon }) => {
  let trouble: string | null = null;
  await page.route('**/api/v1/stats', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...((await answer.json()) as object), store_trouble: trouble } });
  });
  const actor = new Actor(daemon.home, 'codex', '/home/dev/code/x');
  await actor.start('go');
  await Dashboard.open(page, daemon);
  await expect(page.getByTestId('banner')).toHaveCount(0);
  trouble = 'database or disk is full';
  await page.reload();
  await expect(page.getByTestId('banner')).toContainText('cannot store events: database or disk is full');
  trouble = null;
  await page.route('**/assets/index-*.js', async (route) => {
    const answer = await route.fetch();
    const { version } = (await (await fetch(`${daemon.url}/healthz`)).json()) as { version: string };
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll(`\`${version}\``, '`0.0.1`').replaceAll(`"${version}"`, '"0.0.1"') });
  });
  await page.reload();
  await expect(page.getByTestId('banner')).toHaveAttribute('data-kind', 'version');
});

test('a thousand events that came while the daemon was away are all there afterwards', async ({ page, daemon }) => {
  const actor = new Actor(daemon.home, 'claude-code', '/home/dev/code/away');
  await actor.start('go');
  const dashboard = await Dashboard.open(page, daemon);
  await expect(dashboard.rows).toHaveCount(2);
  await daemon.kill();
  await expect(dashboard.connection).not.toHaveAttribute('data-state', 'live');
  for (let n = 0; n < 300; n += 10) await Promise.all(Array.from({ length: 10 }, (_, k) => actor.say('Notification', { message: `while away ${n + k}` })));
  await daemon.restart();
  await dashboard.expectState('live');
  await expect(page.getByTestId('banner')).toContainText('300 events came while this page was away');
  await expect.poll(() => dashboard.newestSeq()).toBe(302);
  await dashboard.expectEvents(Array.from({ length: 302 }, (_, index) => index + 1));
  expect(dashboard.problems({ outage: true })).toEqual([]);
});

const HOSTILE: Record<string, string> = {
  markup: '<script>window.owned=1</script><img src=x onerror="window.owned=2"><iframe srcdoc="<script>parent.owned=3</script>"></iframe><svg onload="window.owned=4">',
  attribute: '" onmouseover="window.owned=5" x="\' onfocus=window.owned=6 autofocus=\'',
  address: 'javascript:window.owned=7 [a](javascript:window.owned=8) data:text/html,<script>window.owned=9</script>',
  bidi: '\u202eevil\u2066 \u2067txt.exe\u200f \u{e0041}\u{e0042}',
  terminal: '\u001b[2J\u001b]0;owned\u0007\u001b]8;;http://evil\u0007link\u001b]8;;\u0007 \u009b31m \u0007\u0008\u0000',
  template: '{{constructor.constructor("window.owned=10")()}} ${window.owned=11} {@html "<b>x</b>"}',
  names: '__proto__ constructor toString hasOwnProperty',
  astral: '\ud83d\ude00 \ud800 lone \u0000 nul \u2028 line \u2029 para \ufeff bom',
};

test('a corpus of hostile text is text wherever it stands', async ({ page, daemon }) => {
  const long = 'x'.repeat(5_000_000);
  for (const [name, text] of Object.entries(HOSTILE)) {
    const actor = new Actor(daemon.home, 'claude-code', `/home/dev/${text.replaceAll('\u0000', '')}`, `hostile-${name}`);
    await actor.start(text);
    const input = { command: text, file_path: `/x/${text}`, [text]: text, __proto__x: { [text]: [text] } };
    const end = await actor.begin({ tool: `Bash${text}`, input, agent_id: text, agent_type: text });
    await end({ response: { stdout: text, stderr: text } });
    await actor.call({ tool: 'Edit', input: { file_path: `/x/${text}`, old_string: text, new_string: `${text}\n${text}` }, ms: 1 });
    await actor.call({ tool: 'TodoWrite', input: { todos: [{ content: text, status: text }] }, error: text, ms: 1 });
    await actor.stop(`\`\`\`\n${text}\n\`\`\`\n${text}`);
  }
  const big = new Actor(daemon.home, 'claude-code', '/home/dev/big', 'hostile-big');
  await big.start(long);
  await big.call({ tool: 'Bash', input: { command: 'cat big' }, response: { stdout: long, stderr: '' }, ms: 1 });
  await callHook(daemon.home, 'claude-code', '{"session_id":"hostile-broken","hook_event_name":"<b>","tool_name":["a"],"cwd":{}');

  const dashboard = await Dashboard.open(page, daemon);
  const check = async (where: string): Promise<void> => {
    const found = await page.evaluate(() => ({
      owned: 'owned' in window,
      // Our own pictures are svg with paths; nothing else may have come from text.
      foreign: document.querySelectorAll('#page script, #page img, #page iframe, #page object, #page b, #page [onload], #page [onerror], #page [onmouseover], a[href^="javascript"]').length,
      title: document.title,
    }));
    expect(found, where).toMatchObject({ owned: false, foreign: 0, title: expect.stringMatching(/^(\(\d+\) )?tailhook$/) });
  };
  await check('at the start');
  for (const name of [...Object.keys(HOSTILE), 'big']) {
    await page.goto(`${daemon.url}/?session=hostile-${name}&view=events`);
    await expect(dashboard.rows.first()).toBeVisible();
    const rows = await dashboard.rows.count();
    for (const index of [1, 3, rows - 1]) {
      await dashboard.rows.nth(Math.min(index, rows - 1)).click();
      await expect(dashboard.detail.getByRole('tabpanel')).not.toContainText('Reading…');
      await dashboard.detail.getByRole('tab', { name: 'Payload' }).click();
      await dashboard.detail.getByRole('tab', { name: 'Raw' }).click();
      await dashboard.detail.getByRole('tab', { name: 'Essentials' }).click();
    }
    await check(`${name}: detail`);
    for (const view of ['timeline', 'conversation', 'files', 'tools']) {
      await page.getByTestId(`tab-${view}`).click();
      await expect(page.getByTestId(view)).toBeVisible();
    }
    await check(name);
  }
  await page.goto(`${daemon.url}/?view=room`);
  await expect(page.getByTestId('room-lane').first()).toBeVisible();
  await check('room');
  expect(dashboard.problems()).toEqual([]);
});
