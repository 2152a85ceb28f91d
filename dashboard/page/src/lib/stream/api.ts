/** Reads from the daemon over HTTP. Same origin; the login cookie goes along by itself. */

import { asEnvelope, asSession, type Envelope, type SessionRow, type Stats } from './envelope';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

export interface Page {
  events: Envelope[];
  next: number | null;
  /** The newest event there was, of whatever session: the answer holds all that matches up to it. */
  seq: number;
}

export interface EventsQuery {
  session?: string | undefined;
  q?: string | undefined;
  since?: number | undefined;
  before?: number | undefined;
  limit?: number | undefined;
  payload?: 'full' | undefined;
  type?: string | undefined;
}

export async function read(path: string, signal?: AbortSignal): Promise<unknown> {
  const response = await fetch(path, {
    headers: { accept: 'application/json' },
    credentials: 'same-origin',
    signal: signal ?? null,
  });
  if (response.ok) return response.json();
  let error = `the daemon answered ${response.status}`;
  let hint = '';
  try {
    const body = (await response.json()) as { error?: unknown; hint?: unknown };
    if (typeof body.error === 'string') error = body.error;
    if (typeof body.hint === 'string') hint = body.hint;
  } catch {
    // A proxy's HTML error page: the status says enough.
  }
  throw new ApiError(response.status, error, hint);
}

export function queryString(query: Record<string, string | number | boolean | undefined>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}

/** Events ascending by seq, whatever the direction of the page. */
export async function readEvents(query: EventsQuery, signal?: AbortSignal): Promise<Page> {
  const body = (await read(`/api/v1/events${queryString({ ...query })}`, signal)) as {
    events?: unknown[];
    next?: unknown;
    seq?: unknown;
  };
  const events = (body.events ?? []).map(asEnvelope).filter((e): e is Envelope => e !== null);
  return { events, next: typeof body.next === 'number' ? body.next : null, seq: typeof body.seq === 'number' ? body.seq : 0 };
}

export async function readEvent(seq: number, signal?: AbortSignal): Promise<Envelope> {
  const envelope = asEnvelope(await read(`/api/v1/events/${seq}`, signal));
  if (!envelope) throw new ApiError(200, 'the daemon sent something that is not an event', '');
  return envelope;
}

export async function readSessions(signal?: AbortSignal): Promise<{ sessions: SessionRow[]; seq: number }> {
  const body = (await read('/api/v1/sessions', signal)) as { sessions?: unknown[]; seq?: unknown };
  const sessions = (body.sessions ?? []).map(asSession).filter((s): s is SessionRow => s !== null);
  return { sessions, seq: typeof body.seq === 'number' ? body.seq : 0 };
}

export async function readStats(signal?: AbortSignal): Promise<Stats> {
  return (await read('/api/v1/stats', signal)) as Stats;
}
