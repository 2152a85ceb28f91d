// After the last spec: nothing that this run started is still alive.
import { setTimeout as sleep } from 'node:timers/promises';
import { processesMarked } from '../tailhook/processes.ts';

export default async function leftovers(): Promise<void> {
  const mark = process.env['TAILHOOK_E2E_RUN'];
  if (!mark) return;
  let left = await processesMarked(mark);
  for (let attempt = 0; left.length > 0 && attempt < 50; attempt++) {
    await sleep(200);
    left = await processesMarked(mark);
  }
  if (left.length > 0) throw new Error(`left running:\n${left.join('\n')}`);
}
