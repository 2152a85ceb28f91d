// What the scripted model does when Gemini CLI asks: each scenario provokes one kind of hook traffic.
import { call, say, turn } from '../script.ts';
import type { Call, Scripts } from '../script.ts';

const shell = (command: string): Call =>
  call('run_shell_command', { command, description: `Run ${command.slice(0, 40)}` });

export const GEMINI_SCENARIOS: Scripts = {
  hello: { turns: () => [turn(say('Hello.'))] },
  tools: {
    turns: ({ folder }) => [
      turn(say('Starting.'), shell('echo hello')),
      turn(call('write_file', { file_path: `${folder}/notes.txt`, content: 'alpha\nbeta ü\n' })),
      turn(call('read_file', { file_path: `${folder}/notes.txt` })),
      turn(shell('echo one'), shell('echo two'), shell('sleep 0.2; echo three')),
      turn(say('All done.')),
    ],
  },
  failing: {
    turns: ({ folder }) => [
      turn(shell('echo oops >&2; exit 3')),
      turn(call('read_file', { file_path: `${folder}/missing.txt` })),
      turn(call('no_such_tool', { x: 1 })),
      turn(say('Some of it failed.')),
    ],
  },
  // The same session without a turn of its own for each tool: without permission there is no shell.
  refused: { turns: () => [turn(shell('touch /etc/not-allowed')), turn(say('It was refused.'))] },
  delegating: {
    turns: () => [
      turn(call('invoke_agent', { agent_name: 'generalist', prompt: '[[scenario:subagent]] look around' })),
      turn(say('The subagent is back.')),
    ],
  },
  subagent: {
    turns: ({ folder }) => [
      turn(call('list_directory', { dir_path: folder })),
      turn(call('complete_task', { result: 'Looked around.', response: 'Looked around.' })),
      turn(say('Looked around.')),
    ],
  },
  // Not for long: without a terminal the client leaves its shell behind when it is interrupted.
  sleepy: { turns: ({ seconds = '6' }) => [turn(shell(`sleep ${seconds}`)), turn(say('Slept.'))] },
  pondering: { turns: () => [{ ...turn(say('Well, well.')), think_ms: 8_000 }] },
  quick: {
    turns: ({ n = '12' }) => [
      // Differing commands: the client ends a series of identical calls.
      ...Array.from({ length: Number(n) }, (_, i) => turn(shell(`true ${i}`))),
      turn(say('Quick enough.')),
    ],
  },
};
