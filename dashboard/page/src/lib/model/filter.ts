import type { Row } from './row';

export type Test = (row: Row) => boolean;

/** In the view of calls an event is left out where the row of its call's start already says the same. */
export function foldsIntoCall(row: Row): boolean {
  if (row.kind.phase === 'batch') return !row.failed;
  if (row.type === 'hook.permission_request') return row.span !== undefined;
  return row.kind.phase === 'end' && row.span !== undefined && row.span.startSeq !== 0;
}
