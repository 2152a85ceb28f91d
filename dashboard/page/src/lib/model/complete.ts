/** What may stand where somebody is typing in the search box: names of fields, and values that are there. */

export interface Vocabulary {
  tools: readonly string[];
  types: readonly string[];
  agents: readonly string[];
  projects: readonly string[];
  sessions: readonly { id: string; name: string }[];
}

export interface Suggestion {
  /** What takes the place of the word. */
  insert: string;
  note: string;
}

export interface Completion {
  /** The word, as positions in the text. */
  from: number;
  to: number;
  suggestions: Suggestion[];
}

const MAX = 8;

/** What can be asked about; `docs/filter.md` has them all. */
export const FIELDS: readonly Suggestion[] = [
  { insert: 'tool_name:', note: 'calls of a tool' },
  { insert: 'type:', note: 'events of a type; * for the rest' },
  { insert: 'session:', note: 'one session' },
  { insert: 'project:', note: 'sessions in a folder of this name' },
  { insert: 'agent:', note: 'claude-code, codex, …' },
  { insert: 'failed', note: 'what failed' },
  { insert: 'duration>', note: 'calls that took longer, e.g. duration>2s' },
  { insert: 'NOT ', note: 'everything but' },
  { insert: 'OR ', note: 'one or the other' },
];

export function complete(text: string, caret: number, words: Vocabulary): Completion {
  const before = text.slice(0, caret);
  // A quoted value reaches back to its quote, anything else to the last blank or parenthesis.
  const word = /(?:[^\s()"]*"[^"]*|[^\s()]*)$/.exec(before)?.[0] ?? '';
  const rest = /^[^\s()]*/.exec(text.slice(caret))?.[0] ?? '';
  const at = { from: caret - word.length, to: caret + rest.length };
  const colon = word.indexOf(':');
  if (colon < 0) return { ...at, suggestions: [...matching(word, FIELDS), ...agentsLike(word, words.agents)] };
  const field = word.slice(0, colon + 1);
  const value = word.slice(colon + 1).replace(/^"/, '');
  const values = valuesOf(field, words).map(({ insert, note }) => ({ insert: field + quoted(insert), note, value: insert }));
  return { ...at, suggestions: values.filter((each) => contains(`${each.value} ${each.note}`, value)).slice(0, MAX) };
}

/** Somebody is in the middle of it: a field without its value, an operator without what follows. Not worth asking for. */
export function unfinished(text: string): boolean {
  return /(?:^|[\s(])(?:[a-z_]+(?::|[<>]=?)"?|AND|OR|NOT|\()$/.test(text.trimEnd());
}

function matching(word: string, from: readonly Suggestion[]): Suggestion[] {
  const found = from.filter(({ insert }) => word === '' || insert.toLowerCase().startsWith(word.toLowerCase()));
  return found.filter(({ insert }) => insert.trim() !== word).slice(0, MAX + 1);
}

/** Who types the name of an agent most likely means that agent's events. */
function agentsLike(word: string, agents: readonly string[]): Suggestion[] {
  if (word.length < 2) return [];
  const like = agents.filter((agent) => agent.toLowerCase().startsWith(word.toLowerCase()));
  return like.slice(0, MAX).map((agent) => ({ insert: `agent:${quoted(agent)}`, note: 'events of this agent' }));
}

function valuesOf(field: string, words: Vocabulary): Suggestion[] {
  const plain = (list: readonly string[]): Suggestion[] => list.map((insert) => ({ insert, note: '' }));
  switch (field) {
    case 'tool_name:':
    case 'tool:':
      return plain(words.tools);
    case 'type:':
      return plain(words.types);
    case 'agent:':
      return plain(words.agents);
    case 'project:':
      return plain(words.projects);
    case 'session:':
      return words.sessions.map(({ id, name }) => ({ insert: id, note: name }));
  }
  return [];
}

const contains = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase());

/** As a value is written behind a field's colon. */
export const quoted = (value: string): string => (/[\s()":]/.test(value) ? `"${value.replaceAll('"', '')}"` : value);
