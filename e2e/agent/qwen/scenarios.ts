// What the scripted model does when Qwen Code asks: each scenario provokes one kind of hook traffic.
import { call, say, turn } from '../script.ts';
import type { Call, Scripts } from '../script.ts';

const shell = (command: string): Call =>
  call('run_shell_command', { command, description: `Run ${command.slice(0, 40)}`, is_background: false });

export const QWEN_SCENARIOS: Scripts = {
  tools: {
    turns: ({ folder }) => [
      // The client writes over no file that it has not read.
      turn(say('Starting.'), shell('rm -f notes.txt; echo hello')),
      turn(call('write_file', { file_path: `${folder}/notes.txt`, content: 'alpha\nbeta ü\n' })),
      turn(call('read_file', { file_path: `${folder}/notes.txt` })),
      turn(shell('echo one'), shell('echo two')),
      turn(say('All done.')),
    ],
  },
  failing: {
    turns: ({ folder }) => [
      turn(shell('echo oops >&2; exit 3')),
      turn(call('read_file', { file_path: `${folder}/missing.txt` })),
      turn(say('Some of it failed.')),
    ],
  },
  quick: {
    turns: ({ n = '12' }) => [
      ...Array.from({ length: Number(n) }, (_, i) => turn(shell(`true ${i}`))),
      turn(say('Quick enough.')),
    ],
  },
};
