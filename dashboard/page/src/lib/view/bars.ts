/** How a call is drawn, the same in every picture: colour says the outcome, and a shape says it again. */

import type { Outcome } from '../model/spans';

/** Colours by meaning, as the page's style sheet has them at the moment. */
export type Palette = Record<
  'bg' | 'panel' | 'raised' | 'line' | 'strong' | 'text' | 'soft' | 'faint' | 'accent' | 'attention' | 'bad' | 'run' | 'turn' | 'ok',
  string
>;

export interface BarShape {
  x: number;
  width: number;
  top: number;
  tall: number;
  outcome: Outcome;
  /** Where it began to wait for somebody, if it did, and where that ended. */
  waitX?: number | undefined;
  waitEndX?: number | undefined;
  label?: string;
}

export function outcomeColour(outcome: Outcome, colours: Palette): string {
  switch (outcome) {
    case 'failed':
      return colours.bad;
    case 'waiting':
    case 'denied':
      return colours.attention;
    case 'running':
      return colours.run;
    case 'lost':
      return colours.faint;
    case 'ok':
      return colours.ok;
  }
}

export function drawBar(pen: CanvasRenderingContext2D, bar: BarShape, colours: Palette): void {
  const { x, width, top, tall, outcome } = bar;
  const colour = outcomeColour(outcome, colours);
  pen.fillStyle = pen.strokeStyle = colour;
  pen.lineWidth = 1;
  if (outcome === 'lost' || outcome === 'denied') {
    // No result: only an outline, dashed where nobody said how it ended.
    pen.setLineDash(outcome === 'lost' ? [3, 2] : []);
    pen.strokeRect(x + 0.5, top + 0.5, Math.max(1, width - 1), tall - 1);
    pen.setLineDash([]);
  } else if (outcome === 'running') {
    // Not over: lighter than what is, so that a long one does not shout.
    pen.globalAlpha = 0.32;
    pen.fillRect(x, top, width, tall);
    pen.globalAlpha = 1;
    pen.fillRect(x, top, 2, tall);
  } else {
    pen.fillRect(x, top, width, tall);
  }
  if (bar.waitX !== undefined) drawWait(pen, bar.waitX, bar.waitEndX ?? x + width, top, tall, colours);
  if (outcome === 'failed' && width >= 10) drawCross(pen, x + width - 6, top + tall / 2, colours.bg);
  if (outcome === 'running') drawOpenEnd(pen, x + width, top, tall, colour);
  if (bar.label && width > 44 && bar.waitX === undefined && tall >= 10) {
    pen.save();
    pen.beginPath();
    pen.rect(x, top, width - (outcome === 'failed' ? 12 : 3), tall);
    pen.clip();
    pen.font = `${Math.min(11, tall - 0.5)}px system-ui, sans-serif`;
    pen.textBaseline = 'middle';
    pen.fillStyle = outcome === 'running' ? colours.text : outcome === 'lost' || outcome === 'denied' ? colours.soft : colours.bg;
    pen.fillText(bar.label, Math.max(0, x) + 5, top + tall / 2 + 0.5);
    pen.restore();
  }
}

/** The part of a call that waited for somebody: amber stripes. */
export function drawWait(pen: CanvasRenderingContext2D, from: number, to: number, top: number, tall: number, colours: Palette): void {
  if (to - from < 3) return;
  pen.save();
  pen.beginPath();
  pen.rect(from, top, to - from, tall);
  pen.clip();
  pen.fillStyle = colours.bg;
  pen.fillRect(from, top, to - from, tall);
  pen.strokeStyle = colours.attention;
  pen.lineWidth = 2;
  pen.beginPath();
  for (let at = from - tall; at < to; at += 6) {
    pen.moveTo(at, top + tall);
    pen.lineTo(at + tall, top);
  }
  pen.stroke();
  pen.strokeRect(from, top, to - from, tall);
  pen.restore();
}

export function drawCross(pen: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.4;
  pen.beginPath();
  pen.moveTo(x - 2.5, y - 2.5);
  pen.lineTo(x + 2.5, y + 2.5);
  pen.moveTo(x + 2.5, y - 2.5);
  pen.lineTo(x - 2.5, y + 2.5);
  pen.stroke();
}

function drawOpenEnd(pen: CanvasRenderingContext2D, x: number, top: number, tall: number, colour: string): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(x, top);
  pen.lineTo(x + Math.min(6, tall), top + tall / 2);
  pen.lineTo(x, top + tall);
  pen.fill();
}

/** A prompt stands as a triangle that points down to its moment. */
export function drawPrompt(pen: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(x - 4, y - 6);
  pen.lineTo(x + 4, y - 6);
  pen.lineTo(x, y);
  pen.fill();
}
