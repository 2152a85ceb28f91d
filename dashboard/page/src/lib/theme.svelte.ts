/** Colours as the system says, or as chosen; the choice is kept in this browser. */

export type Theme = 'system' | 'dark' | 'light';

const KEY = 'tailhook.theme';

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'dark' || value === 'light' ? value : 'system';
  } catch {
    // Storage may be switched off.
    return 'system';
  }
}

class ThemeChoice {
  value = $state<Theme>(stored());

  /** Before the first paint. */
  apply(): void {
    if (this.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.value;
  }

  choose(value: Theme): void {
    this.value = value;
    this.apply();
    try {
      localStorage.setItem(KEY, value);
    } catch {
      // The choice lasts until the page goes.
    }
  }
}

export const theme = new ThemeChoice();
