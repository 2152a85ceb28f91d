// Which Chromium the specs use: the one named, the system's, or Playwright's own.
import { existsSync } from 'node:fs';

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** `undefined` leaves the choice to Playwright, which then wants `npx playwright install chromium`. */
export function chromium(): string | undefined {
  return process.env['TAILHOOK_CHROMIUM'] ?? SYSTEM.find((path) => existsSync(path));
}
