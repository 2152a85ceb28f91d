// TAILHOOK_HOOK_DEBUG=1: where a hook's time went is told with its event.
import { Dashboard } from '../page/dashboard.ts';
import { callHook } from '../page/hook.ts';
import { expect, test } from './fixtures.ts';

test('the stages of a hook are shown with its event, and only where they were asked for', async ({ page, daemon }) => {
  const stop = { session_id: 'debugged', hook_event_name: 'Stop' };
  await callHook(daemon.home, 'claude-code', stop);
  await callHook(daemon.home, 'claude-code', stop, undefined, { TAILHOOK_HOOK_DEBUG: '1' });
  const api = await daemon.api();
  await expect.poll(async () => (await api.events()).length).toBe(2);
  const [plain, debugged] = await api.events();
  expect(plain!.data).not.toHaveProperty('hook_stages');
  const stages = debugged!.data['hook_stages'] as Record<string, number>;
  expect(stages['reads']).toBeGreaterThanOrEqual(2);
  expect(stages['opened_us']).toBeGreaterThanOrEqual(stages['first_read_us']!);

  const dashboard = await Dashboard.open(page, daemon);
  await dashboard.row(plain!.seq).click();
  await expect(dashboard.detail).toContainText('delivery');
  await expect(dashboard.detail).not.toContainText('first byte');
  await dashboard.row(debugged!.seq).click();
  await expect(dashboard.detail).toContainText(
    `first byte ${stages['first_read_us']} µs, end of input ${stages['input_end_us']} µs, journal open ${stages['opened_us']} µs, ${stages['reads']} reads`,
  );
  expect(dashboard.problems()).toEqual([]);
});
