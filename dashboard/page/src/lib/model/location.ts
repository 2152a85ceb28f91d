/** What is selected, as the address bar holds it: reload, back and forward, and links to one event work. */

import { GROUPS, type Group } from './kinds';

/** `events` is the stream, `calls` the same with one row for each tool call. */
export type View =
  | 'room'
  | 'events'
  | 'calls'
  | 'timeline'
  | 'conversation'
  | 'files'
  | 'tools'
  | 'agents'
  | 'hooks'
  | 'cost'
  | 'latency';

/** In the order of the tabs. */
export const SESSION_VIEWS: readonly View[] = ['events', 'timeline', 'conversation', 'files', 'tools', 'hooks', 'cost'];
export const ALL_VIEWS: readonly View[] = ['room', 'events', 'timeline', 'tools', 'agents', 'hooks', 'latency'];

/** As they are called on the screen. */
export const VIEW_NAMES: Record<View, string> = {
  room: 'Control room',
  events: 'Stream',
  calls: 'Stream',
  timeline: 'Timeline',
  conversation: 'Conversation',
  files: 'Files',
  tools: 'Tools',
  agents: 'Agents',
  hooks: 'Hooks',
  cost: 'Cost',
  latency: 'Latency',
};

export interface Place {
  session: string | null;
  /** Null: what fits, see `Page.view`. */
  view: View | null;
  q: string;
  seq: number | null;
  hide: readonly Group[];
  failed: boolean;
  /** The file of the view of files. */
  path: string;
}

export const START: Place = { session: null, view: null, q: '', seq: null, hide: [], failed: false, path: '' };

const VIEWS = new Set<string>([...SESSION_VIEWS, ...ALL_VIEWS, 'calls']);

export function readPlace(search: string): Place {
  const params = new URLSearchParams(search);
  const view = params.get('view') ?? '';
  const seq = Number(params.get('seq'));
  const hide = (params.get('hide') ?? '').split(',');
  return {
    session: params.get('session') || null,
    view: VIEWS.has(view) ? (view as View) : null,
    q: params.get('q') ?? '',
    seq: Number.isSafeInteger(seq) && seq > 0 ? seq : null,
    hide: GROUPS.map(({ group }) => group).filter((group) => hide.includes(group)),
    failed: params.get('failed') === '1',
    path: params.get('path') ?? '',
  };
}

export function placeUrl(place: Place): string {
  const params = new URLSearchParams();
  if (place.session) params.set('session', place.session);
  if (place.view) params.set('view', place.view);
  if (place.q) params.set('q', place.q);
  if (place.hide.length > 0) params.set('hide', place.hide.join(','));
  if (place.failed) params.set('failed', '1');
  if (place.path) params.set('path', place.path);
  if (place.seq !== null) params.set('seq', String(place.seq));
  const text = params.toString();
  return text ? `/?${text}` : '/';
}
