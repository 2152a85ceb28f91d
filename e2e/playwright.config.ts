import { randomUUID } from 'node:crypto';
import { defineConfig } from '@playwright/test';
import { chromium } from './page/browser.ts';

// Every process of this run inherits the mark; specs/leftovers.ts looks for it when all is over.
process.env['TAILHOOK_E2E_RUN'] ??= `tailhook-e2e-${randomUUID()}`;

export default defineConfig({
  testDir: 'specs',
  outputDir: 'test-results',
  globalTeardown: './specs/leftovers.ts',
  reporter: 'list',
  // The specs measure nothing, but two sessions of the client fill a small machine already.
  workers: 1,
  // A spec that passes on the second try has found a bug.
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: !!process.env['CI'],
  use: { launchOptions: { executablePath: chromium() }, trace: 'retain-on-failure' },
});
