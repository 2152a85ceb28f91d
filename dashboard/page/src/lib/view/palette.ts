import type { Palette } from './waterfall';

const NAMES: Record<keyof Palette, string> = {
  bg: '--bg',
  panel: '--panel',
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

/** A canvas does not know the style sheet's colours: an element resolves them for the theme of the moment. */
export function readPalette(probe: HTMLElement): Palette {
  const palette = {} as Palette;
  for (const [name, variable] of Object.entries(NAMES)) {
    probe.style.color = `var(${variable})`;
    palette[name as keyof Palette] = getComputedStyle(probe).color;
  }
  return palette;
}
