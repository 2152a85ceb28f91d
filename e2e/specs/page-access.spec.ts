// The dashboard for everybody: axe finds nothing in either theme, and nothing moves for who asked for that.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from './page-scene.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in ${colorScheme} colours`, async ({ page, dashboard, desk }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const session = desk.scene.blocked.id;
    const places: [string, string][] = [
      ['/', 'room'],
      [`/?session=${session}`, 'stream'],
      [`/?session=${session}&view=timeline`, 'timeline'],
      [`/?session=${session}&view=conversation`, 'conversation'],
      [`/?session=${session}&view=files`, 'files'],
      [`/?session=${session}&view=tools`, 'tools'],
      [`/?session=${session}&view=hooks`, 'hooks'],
      [`/?session=${session}&view=cost`, 'cost'],
      ['/?view=latency', 'latency-view'],
    ];
    for (const [path, shown] of places) {
      await page.goto(desk.daemon.url + path);
      await expect(page.getByTestId(shown)).toBeVisible();
      if (shown === 'stream') {
        await dashboard.rows.nth(3).click();
        await expect(dashboard.detail.getByRole('tabpanel')).not.toContainText('Reading…');
        await page.getByTestId('search').focus();
      }
      if (shown === 'files') await page.getByTestId('files').getByRole('button', { name: /app\.js/ }).click();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)).toEqual([]);
    }
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toBeVisible();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });
}

test('nothing moves for who asked for that', async ({ page, dashboard }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await expect(dashboard.sessions.first()).toBeVisible();
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
});

for (const width of [360, 768, 3840]) {
  test(`nothing is cut off at ${width} pixels`, async ({ page, dashboard, desk }) => {
    await page.setViewportSize({ width, height: width > 2000 ? 2160 : 800 });
    for (const path of ['/', `/?session=${desk.scene.blocked.id}`, `/?session=${desk.scene.blocked.id}&view=timeline`, `/?session=${desk.scene.blocked.id}&view=tools`]) {
      await page.goto(desk.daemon.url + path);
      await dashboard.expectState('live');
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), path).toBeLessThanOrEqual(0);
      expect(await page.evaluate(() => document.querySelectorAll('*').length), path).toBeLessThan(2_000);
    }
  });
}
