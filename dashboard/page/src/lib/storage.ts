/** What this browser keeps for the reader. Storage may be switched off or full: then a choice lasts until the page goes. */

export function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // See above.
  }
}

/** A list of texts, e.g. saved views; anything else that stands there counts as nothing. */
export function keptList(key: string): string[] {
  try {
    const value: unknown = JSON.parse(kept(key) ?? '[]');
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}
