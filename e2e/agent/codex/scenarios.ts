// What the scripted model does when Codex asks: each scenario provokes one kind of hook traffic.
import { call, say, turn } from '../script.ts';
import type { Call, Scripts } from '../script.ts';
import { newestAgent } from './responses-api.ts';

const shell = (cmd: string, more: Record<string, unknown> = {}): Call => call('exec_command', { cmd, ...more });

const patch = (...lines: string[]): Call =>
  call('apply_patch', { input: ['*** Begin Patch', ...lines, '*** End Patch', ''].join('\n') });

export const CODEX_SCENARIOS: Scripts = {
  hello: { turns: () => [turn(say('Hello.'))] },
  tools: {
    turns: () => [
      turn(say('Starting.'), shell('echo hello')),
      turn(patch('*** Add File: notes.txt', '+alpha', '+beta ü')),
      turn(shell('echo one'), shell('echo two'), shell('sleep 0.2; echo three')),
      turn(say('All done.')),
    ],
  },
  failing: {
    turns: () => [
      turn(shell('echo oops >&2; exit 3')),
      // Does not apply, so it never gets a PostToolUse.
      turn(patch('*** Update File: missing.txt', '@@', '-old', '+new')),
      turn(call('no_such_tool', { x: 1 })),
      turn(say('Some of it failed.')),
    ],
  },
  refused: {
    turns: () => [
      turn(shell('touch /etc/not-allowed', { sandbox_permissions: 'require_escalated', justification: 'to see' })),
      turn(say('It was refused.')),
    ],
  },
  delegating: {
    turns: ({ folder }) => [
      turn(
        call('spawn_agent', {
          message: `[[scenario:subagent folder=${folder}]] count the files`,
          task_name: 'counter',
          agent_type: 'default',
        }),
      ),
      turn(call('wait_agent', newestAgent)),
      turn(say('The subagent is back.')),
    ],
  },
  subagent: { turns: () => [turn(shell('ls | wc -l')), turn(say('Counted.'))] },
  sleepy: {
    turns: ({ seconds = '60' }) => [turn(shell(`sleep ${seconds}`, { yield_time_ms: 30_000 })), turn(say('Slept.'))],
  },
  pondering: { turns: () => [{ ...turn(say('Well, well.')), think_ms: 8_000 }] },
  quick: {
    turns: ({ n = '12' }) => [...Array.from({ length: Number(n) }, () => turn(shell('true'))), turn(say('Quick enough.'))],
  },
};
