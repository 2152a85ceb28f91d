/** Keys for the whole page. What is typed into a field, and keys with a modifier, are left alone. */

import type { Page } from './page.svelte';
import { theme } from './theme.svelte';

export function handleKey(event: KeyboardEvent, page: Page): void {
  if (event.metaKey || event.ctrlKey || event.altKey || page.help) return;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('input, textarea, select, [contenteditable]')) return;
  // Arrows scroll what has the focus, unless that is the list itself.
  const inList = !target || target === document.body || target.closest('[data-testid="stream"]') !== null;
  if (act(event.key, page, inList, target)) event.preventDefault();
}

function act(key: string, page: Page, inList: boolean, target: Element | null): boolean {
  const view = page.views[Number(key) - 1];
  if (view) {
    page.selectView(view);
    return true;
  }
  switch (key) {
    case 'j':
      page.moveBy(1);
      return true;
    case 'k':
      page.moveBy(-1);
      return true;
    case 'ArrowDown':
      if (inList) page.moveBy(1);
      return inList;
    case 'ArrowUp':
      if (inList) page.moveBy(-1);
      return inList;
    case 'Enter':
      return !target?.closest('a, button, summary') && page.openCursor();
    case 'Escape':
      if (page.drawer) page.drawer = false;
      else page.closeDetail();
      return true;
  }
  const done = WHOLE_PAGE[key];
  done?.(page);
  return done !== undefined;
}

const WHOLE_PAGE: Record<string, (page: Page) => void> = {
  g: (page) => page.toStart(),
  G: (page) => page.toEnd(),
  f: (page) => page.toggleFailed(),
  '[': (page) => page.stepSession(-1),
  ']': (page) => page.stepSession(1),
  n: (page) => page.nextInNeed(),
  a: (page) => page.selectSession(null),
  s: () => document.getElementById('find-session')?.focus(),
  '/': () => document.getElementById('search')?.focus(),
  t: () => theme.choose(theme.value === 'system' ? 'dark' : theme.value === 'dark' ? 'light' : 'system'),
  '?': (page) => void (page.help = true),
};
