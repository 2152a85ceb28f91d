// One session of a scene: says what an agent's hooks say, through the real hook.
import { randomUUID } from 'node:crypto';
import { callHook } from './hook.ts';
import type { Payload } from './hook.ts';

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Call {
  tool: string;
  input: Payload;
  response?: unknown;
  /** How long it runs. */
  ms?: number;
  error?: string;
  agent_id?: string;
  agent_type?: string;
}

export class Actor {
  readonly id: string;
  private calls = 0;

  constructor(
    private readonly home: string,
    readonly agent: string,
    readonly cwd: string,
    id?: string,
  ) {
    this.id = id ?? randomUUID();
  }

  /** Gemini CLI has other names for the same moments. */
  private name(event: string): string {
    if (this.agent !== 'gemini-cli') return event;
    const names: Record<string, string> = { UserPromptSubmit: 'BeforeAgent', PreToolUse: 'BeforeTool', PostToolUse: 'AfterTool', Stop: 'AfterAgent' };
    return names[event] ?? event;
  }

  say(event: string, fields: Payload = {}): Promise<void> {
    return callHook(this.home, this.agent, {
      session_id: this.id,
      transcript_path: `${this.cwd}/.transcripts/${this.id}.jsonl`,
      cwd: this.cwd,
      hook_event_name: this.name(event),
      ...(this.agent === 'codex' && { model: 'gpt-5.2-codex' }),
      permission_mode: 'default',
      ...fields,
    });
  }

  async start(prompt?: string): Promise<void> {
    await this.say('SessionStart', { source: 'startup', ...(this.agent === 'claude-code' && { model: 'claude-opus-4-5' }) });
    if (prompt !== undefined) await this.prompt(prompt);
  }

  prompt(prompt: string): Promise<void> {
    return this.say('UserPromptSubmit', { prompt });
  }

  /** Begins a call; the answer ends it. */
  async begin(call: Call): Promise<(result?: Partial<Call>) => Promise<void>> {
    const tool_use_id = `toolu_${this.id.slice(0, 8)}${String(this.calls++).padStart(6, '0')}`;
    const whose = call.agent_id === undefined ? {} : { agent_id: call.agent_id, agent_type: call.agent_type ?? 'general-purpose' };
    const common = { ...whose, tool_name: call.tool, tool_input: call.input, tool_use_id };
    const began = Date.now();
    await this.say('PreToolUse', common);
    return async (result = {}) => {
      const { error, response } = { ...call, ...result };
      const duration_ms = Date.now() - began;
      if (error === undefined) await this.say('PostToolUse', { ...common, tool_response: response ?? { stdout: '', stderr: '' }, duration_ms });
      else await this.say('PostToolUseFailure', { ...common, error, is_interrupt: false, duration_ms });
    };
  }

  async call(call: Call): Promise<void> {
    const end = await this.begin(call);
    await sleep(call.ms ?? 30);
    await end();
  }

  async ask(call: Call): Promise<(result?: Partial<Call>) => Promise<void>> {
    const end = await this.begin(call);
    await this.say('PermissionRequest', { tool_name: call.tool, tool_input: call.input });
    return end;
  }

  async subagent(type: string, work: (id: string) => Promise<void>): Promise<void> {
    const agent_id = `a${randomUUID().replaceAll('-', '').slice(0, 16)}`;
    await this.say('SubagentStart', { agent_id, agent_type: type });
    await work(agent_id);
    await this.say('SubagentStop', { agent_id, agent_type: type, last_assistant_message: 'Done: see the list above.' });
  }

  stop(message: string): Promise<void> {
    return this.say('Stop', { stop_hook_active: false, last_assistant_message: message });
  }

  end(): Promise<void> {
    return this.say('SessionEnd', { reason: 'prompt_input_exit' });
  }
}
