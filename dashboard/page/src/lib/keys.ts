/** Keys for the whole page. What is typed into a field, and keys with a modifier, are left alone. */

import type { Page } from './page.svelte';

export function handleKey(event: KeyboardEvent, page: Page): void {
  if (event.metaKey || event.ctrlKey || event.altKey || page.help) return;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('input, textarea, select, [contenteditable]')) return;
  // Arrows scroll what has the focus, unless that is the list itself.
  const inList = !target || target === document.body || target.closest('[data-testid="stream"]') !== null;
  if (act(event.key, page, inList, target)) event.preventDefault();
}

function act(key: string, page: Page, inList: boolean, target: Element | null): boolean {
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
      if (page.cursor === null || target?.closest('a, button')) return false;
      page.open(page.cursor);
      return true;
    case 'Escape':
      if (page.drawer) page.drawer = false;
      else page.closeDetail();
      return true;
    case 'g':
      page.toStart();
      return true;
    case 'G':
      page.toEnd();
      return true;
    case '/':
      document.getElementById('search')?.focus();
      return true;
    case '?':
      page.help = true;
      return true;
  }
  return false;
}
