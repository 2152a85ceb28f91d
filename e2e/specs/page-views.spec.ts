// The dashboard's views over a scene of several sessions: what each shows, and that the address holds all of it.
import { readFile } from 'node:fs/promises';
import { sleep } from '../page/actor.ts';
import { Dashboard } from '../page/dashboard.ts';
import { expect, test } from './page-scene.ts';

test('those that need somebody come first, and the tab says how many', async ({ page, dashboard, desk }) => {
  await expect(dashboard.sessions.nth(0)).toHaveAttribute('data-session', desk.scene.blocked.id);
  await expect(dashboard.sessions.nth(0)).toHaveAttribute('data-state', 'waiting_permission');
  await expect(dashboard.sessions.nth(0)).toContainText('Bash: npm install express-rate-limit');
  await expect(dashboard.sessions.nth(1)).toHaveAttribute('data-session', desk.scene.failed.id);
  await expect(dashboard.sessions.nth(1)).toContainText('529');
  await expect(dashboard.sessions.nth(2)).toHaveAttribute('data-session', desk.scene.idle.id);
  await expect(page).toHaveTitle('(2) tailhook');

  await page.getByLabel('Find a session').fill('billing codex');
  await expect(dashboard.sessions).toHaveCount(1);
  await page.getByLabel('Find a session').fill('');
  await page.getByRole('button', { name: 'Group by project' }).click();
  await expect(page.getByRole('navigation', { name: 'Sessions' }).getByRole('heading', { name: 'shop-api 2' })).toBeVisible();
});

test('with several sessions live the control room is what opens, and leads into each', async ({ page, dashboard, desk }) => {
  const lanes = page.getByTestId('room-lane');
  await expect(lanes).toHaveCount(6);
  await expect(dashboard.rows.first()).toBeVisible();
  const painted = await page.getByTestId('room').locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(Array.from({ length: data.length / 4 }, (_, at) => `${data[at * 4]} ${data[at * 4 + 1]} ${data[at * 4 + 2]}`)).size;
  });
  expect(painted).toBeGreaterThan(5);
  await lanes.filter({ hasText: 'docs-site' }).click();
  await expect(page).toHaveURL(new RegExp(`session=${desk.scene.idle.id}`));
  await page.goBack();
  await expect(lanes).toHaveCount(6);
});

test('a session has a timeline, tools, files, a conversation, hooks and a cost', async ({ page, dashboard, desk }) => {
  await dashboard.session(desk.scene.blocked.id).click();
  await expect(dashboard.rows.last()).toHaveAttribute('data-type', 'hook.permission_request');

  await page.getByTestId('tab-timeline').click();
  const timeline = page.getByTestId('timeline');
  await expect(timeline).toContainText('17 calls, 1 failed');
  await timeline.focus();
  await expect(timeline.getByRole('button', { name: 'All' })).toBeDisabled();
  await page.keyboard.press('+');
  await expect(timeline.getByRole('button', { name: 'All' })).toBeEnabled();
  await page.keyboard.press('0');
  await expect(timeline.getByRole('button', { name: 'All' })).toBeDisabled();

  await page.getByTestId('tab-conversation').click();
  const conversation = page.getByTestId('conversation');
  await expect(conversation).toContainText('Add a rate limiter to the login route');
  await conversation.getByRole('button', { name: /17 calls/ }).click();
  await conversation.getByRole('button', { name: /node --test/ }).click();
  await expect(dashboard.detail).toContainText('sixth login is refused');
  await page.keyboard.press('Escape');

  await page.getByTestId('tab-files').click();
  await page.getByTestId('files').getByRole('button', { name: /app\.js/ }).click();
  await expect(page.getByTestId('files')).toContainText('limiter({ max: 5 })');
  await page.reload();
  await expect(page.getByTestId('files')).toContainText('limiter({ max: 5 })');

  await page.getByTestId('tab-tools').click();
  const bash = page.getByTestId('tools').getByRole('row', { name: /^Bash 2/ });
  await expect(bash).toContainText('50 %');
  await page.getByTestId('tab-hooks').click();
  await expect(page.getByTestId('hooks')).toContainText("tailhook's own");
  await page.getByTestId('tab-cost').click();
  await expect(page.getByTestId('cost')).toContainText('names no tokens');
});

test('the detail says what matters first: a command, a change, a list', async ({ page, dashboard, desk }) => {
  await dashboard.session(desk.scene.blocked.id).click();
  const open = async (type: string, text: string): Promise<void> => {
    await page.getByTestId('search').fill(`type:${type} tool_name:${text}`);
    await expect(dashboard.rows).toHaveCount(1);
    await expect(dashboard.rows.first()).toContainText(text);
    await expect(dashboard.rows.first()).toHaveAttribute('data-type', type);
    await dashboard.rows.first().click();
  };
  await open('hook.post_tool_use_failure', 'Bash');
  await expect(dashboard.detail.getByRole('region', { name: 'Command' })).toHaveText('node --test');
  await expect(dashboard.detail.getByRole('region', { name: 'Error' })).toContainText('expected 429, got 200');
  await open('hook.post_tool_use', 'Edit');
  await expect(dashboard.detail.getByRole('region', { name: 'Change' })).toContainText('+added: app.use("/login", limiter({ max: 5 }));');
  await open('hook.post_tool_use', 'TodoWrite');
  await expect(dashboard.detail).toContainText('now: Write the limiter');
  await dashboard.detail.getByRole('tab', { name: 'Payload' }).click();
  await dashboard.detail.getByLabel('Find in the payload').fill('smoke');
  await expect(dashboard.detail.getByRole('tabpanel')).toContainText('Smoke test');
  await expect(dashboard.detail.getByRole('tabpanel')).not.toContainText('Map the middleware');
  await dashboard.detail.getByRole('tab', { name: 'Raw' }).click();
  await expect(dashboard.detail.getByRole('region', { name: 'Payload as JSON' })).toContainText('"tool_name": "TodoWrite"');
});

test('a search is an expression, is completed, is in the address, and can be kept', async ({ page, dashboard }) => {
  const search = page.getByTestId('search');
  await search.fill('tool');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(search).toHaveValue('tool_name:');
  await page.keyboard.type('Ba');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.type('AND failed');
  await expect(search).toHaveValue('tool_name:Bash AND failed');
  await expect(dashboard.rows).toHaveCount(2);
  await expect(page).toHaveURL(/q=tool_name/);

  await page.getByRole('button', { name: 'Save this view' }).click();
  await page.reload();
  await expect(dashboard.rows).toHaveCount(2);
  await page.getByRole('button', { name: 'Clear search' }).click();
  await expect.poll(() => dashboard.rows.count()).toBeGreaterThan(5);
  await page.getByRole('button', { name: /^tool_name:Bash AND failed · Stream/ }).click();
  await expect(dashboard.rows).toHaveCount(2);
  await page.goBack();
  await expect.poll(() => dashboard.rows.count()).toBeGreaterThan(5);
  await page.goForward();
  await expect(dashboard.rows).toHaveCount(2);

});

test('an expression that cannot be read is said to be one', async ({ page, desk }) => {
  const dashboard = await Dashboard.open(page, desk.daemon);
  await page.getByTestId('search').fill('tool_name:Bash)');
  await expect(page.locator('#search-note')).toContainText(')');
  await expect(dashboard.rows.first()).toBeVisible();
});

test('everything works with the keyboard', async ({ page, dashboard }) => {
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/session=/);
  await page.keyboard.press(']');
  await page.keyboard.press('k');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await expect(dashboard.detail).toBeVisible();
  const first = await dashboard.detail.getAttribute('data-seq');
  await page.keyboard.press('k');
  await expect(dashboard.detail).not.toHaveAttribute('data-seq', first!);
  await page.keyboard.press('Escape');
  await expect(dashboard.detail).toHaveCount(0);
  await page.keyboard.press('2');
  await expect(page.getByTestId('timeline')).toBeVisible();
  await expect(page).toHaveURL(/view=timeline/);
  await page.keyboard.press('/');
  await page.keyboard.type('failed');
  await expect(page).toHaveURL(/q=failed/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('search')).toHaveValue('');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('search')).not.toBeFocused();
  await page.keyboard.press('a');
  await expect(page).not.toHaveURL(/session=/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('next session that needs you');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('keys typed faster than a session is read count as well', async ({ page, dashboard }) => {
  await page.route('**/api/v1/events?*', async (route) => {
    await sleep(500);
    await route.continue();
  });
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/session=/);
  for (const key of ['k', 'k', 'Enter']) await page.keyboard.press(key);
  await expect(dashboard.rows).toHaveCount(0);
  await expect(dashboard.detail).toBeVisible();
  const seqs = await dashboard.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-seq')));
  await expect(dashboard.detail).toHaveAttribute('data-seq', seqs.at(-2)!);

  // What was meant for one list is not done to another.
  await page.keyboard.press('a');
  for (const key of ['k', 'Enter', 'n']) await page.keyboard.press(key);
  await expect.poll(() => dashboard.rows.count()).toBeGreaterThan(0);
  await expect(dashboard.detail).toHaveCount(0);
});

test('a session can be taken away as a file', async ({ page, dashboard, desk }) => {
  await dashboard.session(desk.scene.failed.id).click();
  const save = async (name: RegExp): Promise<string> => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
    return readFile(await download.path(), 'utf8');
  };
  await page.getByRole('button', { name: 'Export what is selected' }).click();
  const lines = (await save(/JSON Lines/)).trim().split('\n').map((line) => JSON.parse(line) as { seq: number });
  const stored = await (await desk.daemon.api()).events(desk.scene.failed.id);
  expect(lines.map(({ seq }) => seq)).toEqual(stored.map(({ seq }) => seq));
  const text = await save(/Markdown/);
  expect(text).toContain('> Dates before 1970 parse wrong: fix it');
  expect(text).toContain('not ok 2 - 1969-12-31');
});
