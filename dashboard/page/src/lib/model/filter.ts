/**
 * The page's own reading of the search box, for rows that are loaded or come in live. The daemon gets the same expression
 * as `q=` and may find more (it sees payloads); what it finds is shown as it says.
 *
 *     word  "two words"  type:pre_tool  tool:Bash  agent:codex  session:4c78  failed  -word
 */

import type { Row } from './row';

export type Test = (row: Row) => boolean;

const TERM = /(-?)(?:(type|tool|agent|session):)?(?:"([^"]*)"?|(\S+))/g;

export function compileFilter(expression: string): Test {
  const tests: Test[] = [];
  for (const [, minus, field, quoted, bare] of expression.matchAll(TERM)) {
    const word = (quoted ?? bare ?? '').toLowerCase();
    if (!word) continue;
    const test = termTest(field, word, quoted !== undefined);
    tests.push(minus ? (row) => !test(row) : test);
  }
  return (row) => tests.every((test) => test(row));
}

function termTest(field: string | undefined, word: string, quoted: boolean): Test {
  switch (field) {
    case 'type':
      return (row) => row.type.toLowerCase().includes(word);
    case 'tool':
      return (row) => row.tool.toLowerCase().includes(word);
    case 'agent':
      return (row) => row.agent.toLowerCase().includes(word) || row.agentType.toLowerCase().includes(word);
    case 'session':
      return (row) => row.session.toLowerCase().includes(word);
  }
  if (word === 'failed' && !quoted) return (row) => row.failed;
  return (row) =>
    row.summary.toLowerCase().includes(word) ||
    row.label.toLowerCase().includes(word) ||
    row.tool.toLowerCase().includes(word) ||
    row.type.includes(word) ||
    row.agentType.toLowerCase().includes(word);
}

/** In the view of calls an event is left out where the row of its call's start already says the same. */
export function foldsIntoCall(row: Row): boolean {
  if (row.kind.phase === 'batch') return !row.failed;
  if (row.type === 'hook.permission_request') return row.span !== undefined;
  return row.kind.phase === 'end' && row.span !== undefined && row.span.startSeq !== 0;
}
