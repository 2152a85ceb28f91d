/**
 * Parts that the first picture does not need, each in a file of its own. The detail of an event is fetched as soon as somebody
 * moves, so that opening one does not wait for the network; the others come when they are asked for.
 */

import type { Component } from 'svelte';
import type { View } from '../model/location';

type Load = () => Promise<{ default: Component }>;

export const loadDetail = () => import('./Detail.svelte');
export const loadHelp = () => import('./Help.svelte');
export const loadRoom: Load = () => import('./Room.svelte');
export const loadStrip: Load = () => import('./Strip.svelte');
export const loadTimeline: Load = () => import('./Timeline.svelte');

/** Views that take the place of the list. */
export const SHEETS: Partial<Record<View, Load>> = {
  conversation: () => import('./Conversation.svelte'),
  files: () => import('./Files.svelte'),
  tools: () => import('./Tools.svelte'),
  agents: () => import('./Agents.svelte'),
  hooks: () => import('./Hooks.svelte'),
  cost: () => import('./Cost.svelte'),
  latency: () => import('./LatencyView.svelte'),
};

/** Will most likely be shown with the first events. Whoever shows it says so when it does not come. */
export function fetchAhead(load: Load): void {
  load().catch(() => undefined);
}

export function fetchWhenUsed(): void {
  const events = ['pointermove', 'keydown', 'touchstart'] as const;
  const fetchSoon = (): void => {
    for (const name of events) removeEventListener(name, fetchSoon);
    setTimeout(() => void Promise.allSettled([loadDetail(), loadStrip()]), 300);
  };
  for (const name of events) addEventListener(name, fetchSoon, { once: true, passive: true });
}
