/** What an event type is about: its group in the filters, its icon and its label. */

export type Group = 'prompt' | 'tool' | 'ask' | 'message' | 'agent' | 'session' | 'other';

export const GROUPS: readonly { group: Group; label: string }[] = [
  { group: 'prompt', label: 'Prompts' },
  { group: 'tool', label: 'Tools' },
  { group: 'ask', label: 'Asks' },
  { group: 'message', label: 'Messages' },
  { group: 'agent', label: 'Agents' },
  { group: 'session', label: 'Session' },
  { group: 'other', label: 'Other' },
];

/** Where in a tool call an event stands, if it belongs to one. */
export type Phase = 'start' | 'end' | 'batch';

export interface Kind {
  group: Group;
  icon: string;
  label: string;
  phase?: Phase;
}

const kind = (group: Group, icon: string, label: string, phase?: Phase): Kind =>
  phase ? { group, icon, label, phase } : { group, icon, label };

// Gemini CLI says before/after where Claude Code and Codex say pre/post.
const KINDS: Record<string, Kind> = {
  'hook.user_prompt': kind('prompt', 'prompt', 'Prompt'),
  'hook.user_prompt_expansion': kind('prompt', 'prompt', 'Command'),
  'hook.before_agent': kind('prompt', 'prompt', 'Prompt'),
  'hook.pre_tool_use': kind('tool', 'start', 'Tool', 'start'),
  'hook.before_tool': kind('tool', 'start', 'Tool', 'start'),
  'hook.post_tool_use': kind('tool', 'done', 'Tool', 'end'),
  'hook.after_tool': kind('tool', 'done', 'Tool', 'end'),
  'hook.post_tool_use_failure': kind('tool', 'failed', 'Tool', 'end'),
  'hook.post_tool_batch': kind('tool', 'batch', 'Results', 'batch'),
  'hook.permission_request': kind('ask', 'ask', 'Permission'),
  'hook.permission_denied': kind('ask', 'denied', 'Denied', 'end'),
  'hook.notification': kind('ask', 'notice', 'Notice'),
  'hook.elicitation': kind('ask', 'ask', 'Question'),
  'hook.elicitation_result': kind('ask', 'prompt', 'Answer'),
  'hook.message_display': kind('message', 'message', 'Message'),
  'hook.stop': kind('message', 'stop', 'Turn done'),
  'hook.after_agent': kind('message', 'stop', 'Turn done'),
  'hook.stop_failure': kind('message', 'failed', 'Turn failed'),
  'hook.interrupt': kind('message', 'denied', 'Interrupted'),
  'hook.subagent_start': kind('agent', 'agent', 'Agent start'),
  'hook.subagent_stop': kind('agent', 'agent', 'Agent done'),
  'hook.teammate_idle': kind('agent', 'agent', 'Agent idle'),
  'hook.task_created': kind('agent', 'task', 'Task new'),
  'hook.task_completed': kind('agent', 'done', 'Task done'),
  'hook.session_start': kind('session', 'session', 'Session start'),
  'hook.session_end': kind('session', 'end', 'Session end'),
  'hook.setup': kind('session', 'session', 'Setup'),
  'hook.pre_compact': kind('session', 'compact', 'Compacting'),
  'hook.post_compact': kind('session', 'compact', 'Compacted'),
  'hook.pre_compress': kind('session', 'compact', 'Compacting'),
  'hook.instructions_loaded': kind('other', 'file', 'Instructions'),
  'hook.file_changed': kind('other', 'file', 'File changed'),
  'hook.config_change': kind('other', 'config', 'Config'),
  'hook.cwd_changed': kind('other', 'folder', 'Folder'),
  'hook.worktree_create': kind('other', 'folder', 'Worktree new'),
  'hook.worktree_remove': kind('other', 'folder', 'Worktree gone'),
};

/** Types that end whatever their agent still had running: no later event will. */
export const CLOSERS: ReadonlySet<string> = new Set([
  'hook.stop',
  'hook.stop_failure',
  'hook.subagent_stop',
  'hook.after_agent',
  'hook.interrupt',
  'hook.user_prompt',
  'hook.session_end',
]);

export function kindOf(type: string): Kind {
  const known = KINDS[type];
  if (known) return known;
  const words = type.replace(/^hook\./, '').replace(/[._]+/g, ' ').trim();
  return kind('other', 'dot', words ? words.charAt(0).toUpperCase() + words.slice(1) : 'Event');
}
