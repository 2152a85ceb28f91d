import type { Palette } from './bars';

const NAMES: Record<keyof Palette, string> = {
  bg: '--bg',
  panel: '--panel',
  raised: '--raised',
  line: '--line',
  strong: '--line-strong',
  text: '--text',
  soft: '--soft',
  faint: '--faint',
  accent: '--accent',
  attention: '--attention',
  bad: '--bad',
  run: '--run',
  turn: '--turn',
  ok: '--ok',
};

let kept: { key: string; palette: Palette } | undefined;

/** A canvas does not know the style sheet's colours: an element resolves them for the theme of the moment. */
export function readPalette(probe: HTMLElement): Palette {
  const key = `${document.documentElement.dataset['theme'] ?? ''} ${window.matchMedia('(prefers-color-scheme: dark)').matches}`;
  if (kept?.key === key) return kept.palette;
  const palette = {} as Palette;
  for (const [name, variable] of Object.entries(NAMES)) {
    probe.style.color = `var(${variable})`;
    palette[name as keyof Palette] = getComputedStyle(probe).color;
  }
  probe.style.color = '';
  kept = { key, palette };
  return palette;
}
