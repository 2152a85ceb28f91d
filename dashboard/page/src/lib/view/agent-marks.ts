/** Drawn on a grid of 12. Not anybody's logo: shapes of our own, so that a list can be read by shape. */
const MARKS: Readonly<Record<string, string>> = {
  'claude-code': 'M6 1v10M1.7 3.5l8.6 5M10.3 3.5l-8.6 5',
  codex: 'M6 .9 10.5 3.4v5.2L6 11.1 1.5 8.6V3.4zM4.3 4.6 6 6 4.3 7.4',
  'gemini-cli': 'M6 .8C6.4 4 8 5.6 11.2 6 8 6.4 6.4 8 6 11.2 5.6 8 4 6.4.8 6 4 5.6 5.6 4 6 .8z',
  'qwen-code': 'M6 1.2 11.2 10.4H.8zM3.4 6H8.6L6 10.2z',
  cursor: 'M2 1.5 10.5 6 6.6 7 5 10.8z',
  copilot: 'M3.3 3.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6zM8.7 3.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6zM5.6 6h.8',
  droid: 'M1.8 4.5h8.4v6H1.8zM6 4.5V1.2M4.2 7v1M7.8 7v1',
  opencode: 'M4 2.5.8 6 4 9.5M8 2.5 11.2 6 8 9.5',
  cline: 'M1.8 2.2 5.6 6 1.8 9.8M6.4 2.2 10.2 6 6.4 9.8',
  external: 'M1.5 1.5h9v9h-9zM4 6h4M6 4v4',
};

const OTHER = 'M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM6 5.4v1.2';

export const markOf = (agent: string): string => (Object.hasOwn(MARKS, agent) ? MARKS[agent] : undefined) ?? OTHER;
