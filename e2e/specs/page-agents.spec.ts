// Agents side by side: recorded sessions of three clients, told by the real hook, each under its client's name.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { Dashboard } from '../page/dashboard.ts';
import { callHook } from '../page/hook.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import { expect, test } from './fixtures.ts';

const FIXTURES = fileURLToPath(new URL('../../crates/tailhook-core/fixtures', import.meta.url));
const RECORDED = [
  ['claude-code', 'multi-'],
  ['claude-code', 'echo-'],
  ['codex', 'multi-shell-'],
  ['gemini-cli', 'multi-'],
] as const;

interface Totals {
  agent: string;
  sessions: number;
  events: number;
  tools: number;
  failures: number;
  p50_ms?: number;
  p95_ms?: number;
}

async function tell(daemon: Daemon): Promise<Totals[]> {
  let told = 0;
  for (const [agent, begin] of RECORDED) {
    const name = (await readdir(join(FIXTURES, agent))).find((file) => file.startsWith(begin))!;
    for (const payload of (await readFile(join(FIXTURES, agent, name), 'utf8')).trim().split('\n')) {
      await callHook(daemon.home, agent, payload);
      told += 1;
    }
  }
  const api = await daemon.api();
  await expect.poll(async () => (await api.events()).length).toBe(told);
  return (await api.json<{ agents: Totals[] }>('/api/v1/agents')).agents;
}

const number = (text: string | null): number => Number((text ?? '').replaceAll(',', ''));

test('three agents stand side by side, with the numbers of the daemon, and one of them can be chosen', async ({ page, daemon }) => {
  const totals = await tell(daemon);
  expect(totals.map(({ agent }) => agent).sort()).toEqual(['claude-code', 'codex', 'gemini-cli']);
  const dashboard = await Dashboard.open(page, daemon);
  await expect(dashboard.sessions).toHaveCount(RECORDED.length);
  for (const session of await dashboard.sessions.all()) await expect(session).toContainText(/claude-code|codex|gemini-cli/);

  await page.getByTestId('tab-agents').click();
  const rows = page.getByTestId('agent-row');
  await expect(rows).toHaveCount(3);
  const drawn = new Set<string | null>();
  for (const [at, { agent, ...fields }] of totals.entries()) {
    const row = rows.nth(at);
    await expect(row).toHaveAttribute('data-agent', agent);
    await expect(row.getByRole('button')).toHaveText(agent);
    drawn.add(await row.locator('svg path').getAttribute('d'));
    for (const name of ['sessions', 'events', 'tools'] as const) {
      expect(number(await row.locator(`[data-field=${name}]`).textContent()), `${agent} ${name}`).toBe(fields[name]);
    }
    const failed = row.locator('[data-field=failures]');
    if (fields.failures === 0) await expect(failed).toHaveText('–');
    else await expect(failed).toContainText(new RegExp(`^\\s*${fields.failures}\\s*\\d.* %`));
    // Three digits are shown.
    const [p50, p95] = await Promise.all(['p50', 'p95'].map((name) => row.locator(`[data-field=${name}]`).textContent()));
    const inMs = (text: string | null): number => Number.parseFloat(text ?? '') * (text?.endsWith(' ms') ? 1 : 1_000);
    expect(Math.abs(inMs(p50!) - fields.p50_ms!), `${agent} p50 ${p50}`).toBeLessThanOrEqual(fields.p50_ms! / 100);
    expect(Math.abs(inMs(p95!) - fields.p95_ms!), `${agent} p95 ${p95}`).toBeLessThanOrEqual(fields.p95_ms! / 100);
  }
  expect(drawn.size, 'a shape for each').toBe(3);

  const codex = (await (await daemon.api()).events()).filter(({ agent }) => agent === 'codex');
  const onlyCodex = async (): Promise<void> => {
    await expect(dashboard.sessions).toHaveCount(1);
    await expect(dashboard.sessions).toHaveAttribute('data-session', codex[0]!.session_id);
    await expect(page.getByTestId('only-agent')).toContainText('codex');
    await expect(page.getByTestId('search')).toHaveValue('agent:codex');
    await dashboard.expectEvents(codex.map(({ seq }) => seq));
  };
  await rows.filter({ hasText: 'codex' }).locator('[data-field=tools]').click();
  await expect(page).toHaveURL(/q=agent%3Acodex/);
  await onlyCodex();
  await page.reload();
  await onlyCodex();

  await page.getByTestId('tab-agents').click();
  await expect(rows.filter({ hasText: 'codex' }).getByRole('button')).toHaveAttribute('aria-pressed', 'true');
  await rows.filter({ hasText: 'codex' }).getByRole('button').focus();
  await page.keyboard.press('Enter');
  await expect(dashboard.sessions).toHaveCount(RECORDED.length);
  await page.goBack();
  await expect(dashboard.sessions).toHaveCount(1);
  await page.getByRole('button', { name: 'Sessions of all agents' }).click();
  await expect(dashboard.sessions).toHaveCount(RECORDED.length);
  await expect(page).not.toHaveURL(/q=/);

  await page.getByTestId('tab-events').click();
  await page.getByTestId('search').fill('gem');
  await page.getByRole('option', { name: /agent:gemini-cli/ }).click();
  await expect(dashboard.sessions).toHaveCount(1);
  expect(dashboard.problems()).toEqual([]);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in the comparison in ${colorScheme} colours, nor is anything cut off on a phone`, async ({ page, daemon }) => {
    await tell(daemon);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const dashboard = await Dashboard.open(page, daemon);
    for (const width of [1_280, 390]) {
      await page.setViewportSize({ width, height: 760 });
      for (const path of ['/?view=agents', '/?view=agents&q=agent%3Acodex', '/?view=room']) {
        await page.goto(daemon.url + path);
        await dashboard.expectState('live');
        if (path.includes('agents')) await expect(page.getByTestId('agent-row')).toHaveCount(3);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)).toEqual([]);
        const over = await page.getByTestId(path.includes('agents') ? 'agents' : 'room').evaluate((view) => view.scrollWidth - view.clientWidth);
        expect(over, `${path} at ${width}`).toBeLessThanOrEqual(0);
      }
    }
    expect(dashboard.problems()).toEqual([]);
  });
}
