// The real Gemini CLI, headless (`gemini -p`), as `tailhook install gemini-cli` leaves it.
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Kind } from '../kind.ts';
import { startGenerateApi } from './generate-api.ts';
import { GEMINI_SCENARIOS } from './scenarios.ts';

function geminiScript(): string {
  const chosen = process.env['TAILHOOK_E2E_GEMINI'];
  if (chosen) return chosen;
  const entry = createRequire(import.meta.url).resolve('@google/gemini-cli/package.json');
  return join(dirname(entry), 'bundle', 'gemini.js');
}

export const gemini: Kind = {
  name: 'gemini-cli',
  settings: '.gemini/settings.json',
  program: () => process.execPath,
  startModel: (folder) => startGenerateApi(GEMINI_SCENARIOS, folder),

  async prepare(home) {
    const settings = {
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      general: { enableAutoUpdate: false, disableAutoUpdate: true },
    };
    await writeFile(join(home, '.gemini', 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
  },

  hookEntry: (command) => ({ type: 'command', command, timeout: 30_000 }),

  args: (prompt, more) => {
    const approval = more.length > 0 ? more : ['--approval-mode', 'yolo'];
    // A fixed model keeps the client's own routing requests away.
    return [geminiScript(), '--skip-trust', '-m', 'gemini-2.5-flash', ...approval, '-p', prompt];
  },

  environment: (api_url) => ({ GEMINI_API_KEY: 'dummy-key', GOOGLE_GEMINI_BASE_URL: api_url }),

  at_terminal: {
    args: (more) => [geminiScript(), '-m', 'gemini-2.5-flash', ...(more.length > 0 ? more : ['--approval-mode', 'yolo'])],
    ready: /Type your message/,
    begins_unasked: true,
    settle: (home, folder) =>
      writeFile(join(home, '.gemini', 'trustedFolders.json'), JSON.stringify({ [folder]: 'TRUST_FOLDER' })),
  },
};
