// Which processes still carry a mark in their environment. A child inherits its parent's environment, however it detaches
// itself, so this finds what a process group or a parent pid would miss.
import { readFile, readdir } from 'node:fs/promises';

/** Command lines of the processes with `mark` somewhere in their environment; none where there is no /proc. */
export async function processesMarked(mark: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if (!environment.includes(mark)) return undefined;
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return `${pid} ${command.replaceAll('\0', ' ').trim()}`;
    }),
  );
  return found.filter((line) => line !== undefined);
}
