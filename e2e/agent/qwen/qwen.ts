// The real Qwen Code, headless (`qwen -p`), as `tailhook install qwen-code` leaves it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientFile } from '../clients.ts';
import type { Kind } from '../kind.ts';
import { startChatApi } from './chat-api.ts';
import { QWEN_SCENARIOS } from './scenarios.ts';

const qwenScript = (): string => clientFile('TAILHOOK_E2E_QWEN', '@qwen-code/qwen-code/cli-entry.js');

export const qwen: Kind = {
  name: 'qwen-code',
  settings: '.qwen/settings.json',
  program: () => process.execPath,
  startModel: (folder) => startChatApi(QWEN_SCENARIOS, folder),

  async prepare(home) {
    const settings = {
      security: { auth: { selectedType: 'openai' } },
      privacy: { usageStatisticsEnabled: false },
      general: { disableAutoUpdate: true },
      model: { name: 'scripted' },
    };
    await writeFile(join(home, '.qwen', 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
  },

  hookEntry: (command) => ({ type: 'command', command, timeout: 30_000 }),

  args: (prompt, more) => [qwenScript(), ...(more.length > 0 ? more : ['--approval-mode', 'yolo']), '-p', prompt],

  environment: (api_url) => ({
    OPENAI_API_KEY: 'dummy-key',
    OPENAI_BASE_URL: `${api_url}/v1`,
    OPENAI_MODEL: 'scripted',
  }),
};
