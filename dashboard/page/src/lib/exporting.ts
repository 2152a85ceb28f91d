/** Reads what is selected page by page and hands it over as a file. */

import { readEvents } from './stream/api';
import { jsonLine, markdownHead, markdownOf } from './model/export';
import { page } from './page.svelte';

export type Format = 'jsonl' | 'md';

const PAGE = 500;
/** A browser holds the file in memory; `tailhook export` has no such limit. */
export const MAX_EXPORTED = 50_000;

/** Answers how many events the file has. */
export async function exportSelection(format: Format, progress: (done: number) => void): Promise<number> {
  const { session, q } = page.place;
  const known = page.session(session);
  const parts: string[] = [];
  let done = 0;
  for (let since: number | null = 0; since !== null && done < MAX_EXPORTED; ) {
    const read = await readEvents({ session: session ?? undefined, q: q || undefined, since, limit: PAGE, payload: 'full' });
    if (format === 'md' && done === 0) parts.push(markdownHead(known ? `${known.name}: ${known.title}` : 'tailhook', session ?? q, read.events[0]));
    for (const event of read.events) parts.push(format === 'jsonl' ? jsonLine(event) : markdownOf(event));
    done += read.events.length;
    progress(done);
    since = read.next;
  }
  const name = `${(known?.name ?? 'tailhook').replace(/[^\w.-]+/g, '-')}${session ? `-${session.slice(0, 8)}` : ''}.${format}`;
  save(new Blob(parts, { type: format === 'jsonl' ? 'application/x-ndjson' : 'text/markdown' }), name);
  return done;
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
