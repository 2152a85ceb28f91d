// The words in which a scripted model is written: a script is a list of turns, a turn a list of blocks.

export type Say = { text: string; chunks?: number; chunk_ms?: number };
export type Call = { tool: string; input: Record<string, unknown> };
/** The API refuses this turn with an HTTP status instead of answering. */
export type Refusal = { status: number; kind: string };
export type Block = Say | Call;

export interface Turn {
  blocks: Block[];
  /** How long the model "thinks" before its first byte. */
  think_ms?: number;
  refusal?: Refusal;
}

/** What a tag's `key=value` pairs said, and `folder`, in which the tools work. */
export type Parameters = Record<string, string> & { folder: string };

export interface Script {
  /** A phrase of a prompt that starts this script without a tag, so that prompts can look like a person's. */
  opens?: string;
  turns: (parameters: Parameters) => Turn[];
}

export type Scripts = Record<string, Script>;

export const say = (text: string, pace: Omit<Say, 'text'> = {}): Say => ({ text, ...pace });

export const call = (tool: string, input: Record<string, unknown>): Call => ({ tool, input });

export const bash = (command: string, more: Record<string, unknown> = {}): Call =>
  call('Bash', { command, description: `Run ${command.slice(0, 40)}`, ...more });

export const subagent = (description: string, prompt: string, kind = 'general-purpose'): Call =>
  call('Agent', { description, prompt, subagent_type: kind });

export const turn = (...blocks: Block[]): Turn => ({ blocks });
