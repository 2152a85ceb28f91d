/** What every canvas of the page has in common: sharp on every screen, and drawn anew when the colours change. */

import { theme } from '../theme.svelte';
import { readPalette } from './palette';
import type { Palette } from './bars';

class Scheme {
  changes = $state(0);
  constructor() {
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => (this.changes += 1));
  }
}
let scheme: Scheme | undefined;

/** The pen for a canvas of this size in CSS pixels, with the colours of the moment. Call it in an effect. */
export function penOf(canvas: HTMLCanvasElement, width: number, height: number): { pen: CanvasRenderingContext2D; colours: Palette } | null {
  scheme ??= new Scheme();
  void [theme.value, scheme.changes];
  const pen = canvas.getContext('2d');
  if (!pen || width <= 0 || height <= 0) return null;
  const scale = window.devicePixelRatio || 1;
  const [wide, tall] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide || canvas.height !== tall) {
    canvas.width = wide;
    canvas.height = tall;
  }
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  return { pen, colours: readPalette(canvas) };
}
