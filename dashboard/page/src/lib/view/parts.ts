/**
 * Parts that the first picture does not need, each in a file of its own. The usual ones are fetched as soon as the browser has
 * nothing else to do, so that opening one does not wait for the network.
 */
export const loadDetail = () => import('./Detail.svelte');
export const loadTimeline = () => import('./Timeline.svelte');
export const loadRoom = () => import('./Room.svelte');
export const loadHelp = () => import('./Help.svelte');

export function fetchWhenIdle(): void {
  const fetchAll = (): void => void Promise.allSettled([loadDetail(), loadTimeline(), loadRoom(), loadHelp()]);
  if ('requestIdleCallback' in window) requestIdleCallback(fetchAll, { timeout: 3_000 });
  else setTimeout(fetchAll, 500);
}
