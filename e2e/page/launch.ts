// A browser for programs that are no spec.
import { chromium as playwright } from '@playwright/test';
import type { Browser } from '@playwright/test';
import { chromium } from './browser.ts';

export type { Page } from '@playwright/test';

export function launch(): Promise<Browser> {
  const executablePath = chromium();
  return playwright.launch({ ...(executablePath !== undefined && { executablePath }), args: ['--no-sandbox', '--enable-precise-memory-info'] });
}
