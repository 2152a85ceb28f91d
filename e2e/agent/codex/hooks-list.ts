// What Codex itself says about its hooks, asked over its app server.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface KnownHook {
  key: string;
  eventName: string;
  currentHash: string;
  trustStatus: string;
}

export async function listHooks(program: string, home: string, cwd: string): Promise<KnownHook[]> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home };
  const child = spawn(program, ['app-server'], { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const messages = [
    { id: 1, method: 'initialize', params: { clientInfo: { name: 'e2e', version: '0' } } },
    { method: 'initialized' },
    { id: 2, method: 'hooks/list', params: { cwds: [cwd] } },
  ];
  for (const message of messages) child.stdin.write(`${JSON.stringify(message)}\n`);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const message = JSON.parse(line) as { id?: number; result: { data: { hooks: KnownHook[] }[] } };
      if (message.id === 2) return message.result.data.flatMap(({ hooks }) => hooks);
    }
    throw new Error('codex app-server ended without an answer');
  } finally {
    child.stdin.end();
    await exited;
  }
}
