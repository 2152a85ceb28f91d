/** What is there to be searched for: names that are loaded, the most frequent first. */

import type { Vocabulary } from './model/complete';
import { page } from './page.svelte';

const NEWEST = 5_000;

function byFrequency(names: Map<string, number>): string[] {
  return [...names].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

export function vocabulary(): Vocabulary {
  const tools = new Map<string, number>();
  const types = new Map<string, number>();
  const add = (names: Map<string, number>, name: string): void => {
    if (name) names.set(name, (names.get(name) ?? 0) + 1);
  };
  for (const row of page.feed.window.rows.slice(-NEWEST)) {
    add(tools, row.tool);
    add(types, row.type);
  }
  const projects = new Map<string, number>();
  const agents = new Map<string, number>();
  for (const { row } of page.sessions) {
    add(projects, row.project ?? '');
    add(agents, row.agent);
  }
  return {
    tools: byFrequency(tools),
    types: byFrequency(types),
    projects: byFrequency(projects),
    agents: byFrequency(agents),
    sessions: page.sessions.slice(0, 200).map(({ id, name }) => ({ id, name })),
  };
}
