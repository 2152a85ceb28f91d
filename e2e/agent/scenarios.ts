// What the scripted model does in the specs. Each scenario provokes one kind of hook traffic.
import { bash, call, say, subagent, turn } from './script.ts';
import type { Parameters, Scripts, Turn } from './script.ts';

/** Everything that has broken a JSON pipeline before: astral characters, joiners, right-to-left, controls, line separators. */
export const AWKWARD_TEXT =
  'héllo 你好 🚀👨‍👩‍👧 שלום \\u0000 \u0000 tab\there cr\r\nbell \u0007 esc \u001b[31mred\u001b[0m ' +
  'sep \u2028 \u2029 bom \ufeff del \u007f quote" back\\slash </script> \ufffd end';

export const LARGE_BYTES = 300 * 1024;

function largeText(): string {
  // No blank at its end: the client trims those.
  const line = 'naïve 你好 🚀 "quoted" \\ tab\t.';
  const bytes = Buffer.byteLength(line) + 1;
  return `${line}\n`.repeat(Math.ceil(LARGE_BYTES / bytes));
}

function tools({ folder }: Parameters): Turn[] {
  const file = `${folder}/notes.txt`;
  return [
    turn(say('Starting.'), bash('echo hello')),
    turn(call('Write', { file_path: file, content: 'alpha\nbeta\ngamma\n' })),
    turn(call('Read', { file_path: file })),
    turn(call('Edit', { file_path: file, old_string: 'beta', new_string: 'BETA ü' })),
    turn(bash(`grep -n BETA ${file}`)),
    turn(bash('mkdir -p inner && cd inner && pwd')),
    turn(say('All done.\n\nSecond line 🎉.')),
  ];
}

function failing({ folder }: Parameters): Turn[] {
  return [
    turn(bash('echo oops >&2; exit 3')),
    turn(call('Read', { file_path: `${folder}/missing.txt` })),
    // Neither an unknown tool nor an Edit that does not match ever gets a PreToolUse.
    turn(call('NoSuchTool', { x: 1 })),
    turn(say('Some of it failed.')),
  ];
}

function delegating({ folder }: Parameters): Turn[] {
  const prompt = (what: string) => `[[scenario:subagent folder=${folder}]] ${what}`;
  return [
    turn(say('Delegating.'), subagent('count', prompt('count the files'))),
    turn(subagent('first', prompt('look left')), subagent('second', prompt('look right'), 'Explore')),
    turn(say('The subagents are back.')),
  ];
}

function awkward({ folder }: Parameters): Turn[] {
  return [
    turn(call('Write', { file_path: `${folder}/ünïcöde 🚀.txt`, content: AWKWARD_TEXT })),
    turn(bash("printf 'esc \\033[31mred\\033[0m nul:\\000: bell \\007 not utf-8: \\377\\376 🚀\\n'")),
    turn(say(AWKWARD_TEXT)),
  ];
}

/** Calls that take `seconds` each, so that something can happen to the daemon in between. */
function slow({ n = '6', seconds = '1' }: Parameters): Turn[] {
  const steps = Array.from({ length: Number(n) }, (_, i) => turn(bash(`sleep ${seconds}; echo step ${i + 1}`)));
  return [...steps, turn(say('Slow and steady.'))];
}

export const SCENARIOS: Scripts = {
  hello: { turns: () => [turn(say('Hello.'))] },
  tools: { turns: tools },
  parallel: {
    turns: () => [turn(bash('echo one'), bash('echo two'), bash('sleep 0.2; echo three')), turn(say('All three ran.'))],
  },
  failing: { turns: failing },
  delegating: { turns: delegating },
  subagent: {
    turns: ({ folder }) => [
      turn(bash('ls | wc -l')),
      turn(call('Read', { file_path: `${folder}/missing.txt` })),
      turn(say('Looked around.')),
    ],
  },
  large: {
    turns: ({ folder }) => [
      turn(call('Write', { file_path: `${folder}/large.txt`, content: largeText() })),
      turn(say('Written.')),
    ],
  },
  awkward: { turns: awkward },
  quick: {
    turns: ({ n = '20' }) => [
      ...Array.from({ length: Number(n) }, () => turn(bash('true'))),
      turn(say('Quick enough.')),
    ],
  },
  slow: { turns: slow },
};
