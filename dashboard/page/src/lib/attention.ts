/** Says in the tab how many sessions need somebody, so that the page need not be in front. */

export function showAttention(needs: number, failed: boolean): void {
  document.title = needs > 0 ? `(${needs}) tailhook` : 'tailhook';
  const icon = document.getElementById('icon');
  if (!(icon instanceof HTMLLinkElement)) return;
  const href = needs > 0 ? `data:image/svg+xml,${encodeURIComponent(badgedIcon(needs, failed))}` : '/icon.svg';
  if (icon.getAttribute('href') !== href) icon.href = href;
}

function badgedIcon(needs: number, failed: boolean): string {
  const text = needs > 9 ? '+' : String(needs);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${
    failed ? '#d0323b' : '#f2b53c'
  }"/><text x="16" y="24" font-family="sans-serif" font-size="23" font-weight="700" text-anchor="middle" fill="${
    failed ? '#fff' : '#201500'
  }">${text}</text></svg>`;
}
