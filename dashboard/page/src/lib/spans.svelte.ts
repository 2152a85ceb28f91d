/** The spans of a session from the daemon, kept current; of all sessions together, those of the events that are loaded. */

import { readAgents, readSpans, type ApiAgent, type ApiSpan } from './stream/session-api';
import { fromApi, fromEvents, joined, newsFrom, type WideSpan } from './model/span-set';
import { Loading } from './loading.svelte';
import { page } from './page.svelte';

interface Read {
  spans: WideSpan[];
  agents: ApiAgent[];
}

export class SpanSource {
  readonly #loading: Loading<Read>;

  constructor(private readonly session: () => string | null) {
    this.#loading = new Loading<Read>(session, (signal, before) => this.#read(signal, before));
  }

  /** From the daemon where it knows them. */
  get spans(): WideSpan[] {
    const read = this.#loading.value;
    if (read) return read.spans;
    // Not yet, or a daemon that does not know them: what can be told from the events that are loaded.
    void page.version;
    return Array.from(page.feed.window.spans.values(), fromEvents);
  }

  get agents(): ApiAgent[] {
    return this.#loading.value?.agents ?? [];
  }

  get ready(): boolean {
    return this.#loading.done;
  }

  async #read(signal: AbortSignal, before: Read | null): Promise<Read | null> {
    const id = this.session();
    if (id === null) return null;
    const [spans, agents] = await Promise.all([readSpans(id, before ? newsFrom(before.spans) : 0, signal), readAgents(id, signal)]);
    if (!spans) return null;
    const types = new Map((agents ?? []).map((agent) => [agent.agent_id, agent.type]));
    // The main agent has no type in a span: it is nobody's subagent.
    const typeOf = ({ agent_id, agent_type }: ApiSpan): string => agent_type ?? (agent_id ? types.get(agent_id) : '') ?? '';
    const news = spans.map((span) => fromApi(id, { ...span, agent_type: typeOf(span) }));
    return { spans: joined(before?.spans ?? [], news), agents: agents ?? [] };
  }
}
