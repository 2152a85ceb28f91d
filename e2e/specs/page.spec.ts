// The dashboard in a real browser, fed by the real client.
import type { Page } from '@playwright/test';
import { Dashboard } from '../page/dashboard.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { expectStoreHoldsWhatWasSeen } from './complete.ts';
import { expect, test } from './fixtures.ts';

test('events appear while the agent works', async ({ page, daemon, agent }) => {
  const dashboard = await Dashboard.open(page, daemon);
  await expect(dashboard.rows).toHaveCount(0);

  let over = false;
  const running = agent.run('[[scenario:slow n=4 seconds=1]] go').finally(() => (over = true));
  await expect(dashboard.rows.first()).toBeVisible();
  await expect(dashboard.sessions).toHaveCount(1);
  expect(over).toBe(false);
  const working = await dashboard.sessions.getAttribute('data-state');
  expect((await running).code).toBe(0);

  const events = await expectStoreHoldsWhatWasSeen(daemon, agent.witness);
  const { seq, session_id } = events.at(-1)!;
  await expect(dashboard.row(seq)).toBeVisible();
  await expect(dashboard.row(seq)).toHaveAttribute('data-type', 'hook.session_end');
  await expect(dashboard.session(session_id)).not.toHaveAttribute('data-state', working!);
  await dashboard.expectEvents(await allSeqs(daemon));
  expect(dashboard.problems()).toEqual([]);
});

test('the page outlives a daemon that is killed under it', async ({ page, daemon, agent }) => {
  const dashboard = await Dashboard.open(page, daemon);
  const running = agent.run('[[scenario:slow n=10 seconds=0.5]] go');
  await expect.poll(() => dashboard.newestSeq()).toBeGreaterThan(5);

  await daemon.kill();
  await expect(dashboard.connection).not.toHaveAttribute('data-state', 'live');
  const missed_from = await agent.witness.count();
  await expect.poll(() => agent.witness.count()).toBeGreaterThan(missed_from + 3);
  await daemon.restart();
  await dashboard.expectState('live');

  expect((await running).code).toBe(0);
  await expectStoreHoldsWhatWasSeen(daemon, agent.witness);
  await dashboard.expectEvents(await allSeqs(daemon));
  await dashboard.expectState('live');
  expect(dashboard.problems({ outage: true })).toEqual([]);
});

test('a reload shows what was there before, and one session can be picked', async ({ page, daemon, agent }) => {
  await Promise.all([
    agent.run('[[scenario:tools]] go', { project: 'left' }),
    agent.run('[[scenario:parallel]] go', { project: 'right' }),
  ]);
  const events = await expectStoreHoldsWhatWasSeen(daemon, agent.witness);
  const dashboard = await Dashboard.open(page, daemon);
  await dashboard.expectEvents(await allSeqs(daemon));

  const { session_id } = events[0]!;
  await dashboard.session(session_id).click();
  const own = events.filter((event) => event.session_id === session_id).map(({ seq }) => seq);
  await dashboard.expectEvents(own);
  await page.reload();
  await dashboard.expectState('live');
  await dashboard.expectEvents(own);
  expect(dashboard.problems()).toEqual([]);
});

test('a hostile prompt is text and nothing else', async ({ page, daemon, agent }) => {
  const hostile =
    '<script>window.owned = 1</script><img src=x onerror="window.owned = 2"> \u202eevil\u2066 <b>bold</b> \u001b[2J end';
  const dashboard = await Dashboard.open(page, daemon);
  expect((await agent.run(hostile, { scenario: 'hello' })).code).toBe(0);

  const events = await expectStoreHoldsWhatWasSeen(daemon, agent.witness);
  const { seq } = events.find(({ type }) => type === 'hook.user_prompt')!;
  const row = dashboard.row(seq);
  await expect(row).toContainText('<script>window.owned = 1</script>');
  await expect(row.locator('script, img, b')).toHaveCount(0);
  await row.click();
  await expect(dashboard.detail).toContainText('onerror');
  await expect(dashboard.detail.locator('script, img, b')).toHaveCount(0);
  expect(await page.evaluate(() => 'owned' in window)).toBe(false);
  expect(await overriding(page)).toEqual([]);
  expect(dashboard.problems()).toEqual([]);
});

async function allSeqs(daemon: Daemon): Promise<number[]> {
  return (await (await daemon.api()).events()).map(({ seq }) => seq);
}

/** Texts whose direction override would reach beyond their own element and reorder the page around them. */
function overriding(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const parent = text.parentElement!;
      if (!/[\u202a-\u202e\u2066-\u2069]/.test(text.textContent ?? '')) continue;
      const style = getComputedStyle(parent);
      const contained =
        style.unicodeBidi.includes('isolate') || style.unicodeBidi === 'plaintext' || style.display !== 'inline';
      if (!contained) found.push(parent.outerHTML);
    }
    return found;
  });
}
