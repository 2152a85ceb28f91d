/** What is selected, as the address bar holds it: reload, back and forward, and links to one event work. */

export type View = 'events' | 'calls' | 'timeline';

export interface Place {
  session: string | null;
  view: View;
  q: string;
  seq: number | null;
}

export const START: Place = { session: null, view: 'events', q: '', seq: null };

export function readPlace(search: string): Place {
  const params = new URLSearchParams(search);
  const view = params.get('view');
  const seq = Number(params.get('seq'));
  return {
    session: params.get('session') || null,
    view: view === 'calls' || view === 'timeline' ? view : 'events',
    q: params.get('q') ?? '',
    seq: Number.isSafeInteger(seq) && seq > 0 ? seq : null,
  };
}

export function placeUrl(place: Place): string {
  const params = new URLSearchParams();
  if (place.session) params.set('session', place.session);
  if (place.view !== 'events') params.set('view', place.view);
  if (place.q) params.set('q', place.q);
  if (place.seq !== null) params.set('seq', String(place.seq));
  const text = params.toString();
  return text ? `/?${text}` : '/';
}
