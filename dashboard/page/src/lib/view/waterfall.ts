/** Draws the waterfall on a canvas, and says what lies under a point of it. */

import { clockTime, elapsed } from '../model/format';
import { position, tickStep } from '../model/scale';
import type { Bar, Waterfall } from '../model/timeline';

export const AXIS = 20;
const PAD = 6;
const MIN_BAR = 2;

/** Colours by meaning, as the page's style sheet has them at the moment. */
export type Palette = Record<
  'bg' | 'panel' | 'line' | 'strong' | 'text' | 'soft' | 'faint' | 'accent' | 'attention' | 'bad' | 'run' | 'turn' | 'ok',
  string
>;

export interface Frame {
  width: number;
  gutter: number;
  /** Height of one row; its bar leaves 4 px of it. */
  pitch: number;
  selected: number | null;
}

export const heightOf = (rows: number, pitch: number): number => AXIS + Math.max(1, rows) * pitch + PAD;

const rowTop = (row: number, pitch: number): number => AXIS + row * pitch + 3;

export function drawWaterfall(pen: CanvasRenderingContext2D, fall: Waterfall, frame: Frame, colours: Palette): void {
  const height = heightOf(fall.rows, frame.pitch);
  pen.clearRect(0, 0, frame.width, height);
  const x = (at: number): number => frame.gutter + position(fall.pieces, at) * (frame.width - frame.gutter - 12);
  drawAxis(pen, fall, frame, colours, x, height);
  drawLanes(pen, fall, frame, colours);
  if (fall.bySession) drawLaneMarks(pen, fall, frame, colours, x);
  else drawMarks(pen, fall, colours, x, height);
  for (const bar of fall.bars) drawBar(pen, bar, x, frame, colours);
}

function drawAxis(
  pen: CanvasRenderingContext2D,
  fall: Waterfall,
  frame: Frame,
  colours: Palette,
  x: (at: number) => number,
  height: number,
): void {
  pen.font = '11px system-ui, sans-serif';
  pen.textBaseline = 'middle';
  let free = frame.gutter;
  const label = (text: string, at: number, colour: string): void => {
    const width = pen.measureText(text).width;
    if (at < free || at + width > frame.width - 4) return;
    pen.fillStyle = colour;
    pen.fillText(text, at, AXIS / 2);
    free = at + width + 14;
  };
  for (const piece of fall.pieces) {
    const from = x(piece.start);
    const to = x(piece.end);
    if (piece.idle) {
      pen.fillStyle = colours.panel;
      pen.fillRect(from, AXIS, to - from, height - AXIS);
      pen.fillStyle = colours.strong;
      for (let y = AXIS + 3; y < height; y += 6) pen.fillRect((from + to) / 2, y, 1, 3);
      const text = elapsed(piece.end - piece.start);
      if (to - from >= pen.measureText(text).width) label(text, (from + to - pen.measureText(text).width) / 2, colours.faint);
      continue;
    }
    const step = tickStep((piece.end - piece.start) / Math.max(1, to - from), 96);
    for (let at = Math.ceil(piece.start / step) * step; at <= piece.end; at += step) {
      pen.fillStyle = colours.line;
      pen.fillRect(Math.round(x(at)), AXIS, 1, height - AXIS);
      label(step < 1_000 ? clockTime(at) : clockTime(at).slice(0, 8), x(at) + 3, colours.faint);
    }
  }
  pen.fillStyle = colours.line;
  pen.fillRect(0, AXIS - 1, frame.width, 1);
}

function drawMarks(pen: CanvasRenderingContext2D, fall: Waterfall, colours: Palette, x: (at: number) => number, height: number): void {
  for (const mark of fall.marks) {
    const at = Math.round(x(mark.at));
    pen.fillStyle = mark.kind === 'prompt' ? colours.turn : mark.kind === 'failed' ? colours.bad : colours.faint;
    pen.globalAlpha = 0.5;
    pen.fillRect(at, AXIS, 1, height - AXIS);
    pen.globalAlpha = 1;
    pen.beginPath();
    if (mark.kind === 'prompt') {
      pen.moveTo(at - 3.5, AXIS - 5);
      pen.lineTo(at + 4.5, AXIS - 5);
      pen.lineTo(at + 0.5, AXIS + 1);
      pen.fill();
    } else if (mark.kind === 'done') {
      pen.fillRect(at - 2, AXIS - 4, 5, 5);
    } else {
      pen.strokeStyle = colours.bad;
      pen.lineWidth = 1.5;
      pen.moveTo(at - 3, AXIS - 6);
      pen.lineTo(at + 3, AXIS);
      pen.moveTo(at + 3, AXIS - 6);
      pen.lineTo(at - 3, AXIS);
      pen.stroke();
    }
  }
}

function drawLaneMarks(pen: CanvasRenderingContext2D, fall: Waterfall, frame: Frame, colours: Palette, x: (at: number) => number): void {
  const lanes = new Map(fall.lanes.map((lane) => [lane.key, lane]));
  for (const mark of fall.marks) {
    const lane = lanes.get(mark.session);
    if (!lane || mark.kind === 'done') continue;
    pen.fillStyle = mark.kind === 'prompt' ? colours.turn : colours.bad;
    const width = mark.kind === 'prompt' ? 1 : 3;
    pen.fillRect(Math.round(x(mark.at)) - (width - 1) / 2, rowTop(lane.row, frame.pitch) - 2, width, lane.rows * frame.pitch - 1);
  }
}

function drawBar(pen: CanvasRenderingContext2D, bar: Bar, x: (at: number) => number, frame: Frame, colours: Palette): void {
  const { span } = bar;
  const from = x(bar.start);
  const width = Math.max(MIN_BAR, x(bar.end) - from);
  const top = rowTop(bar.row, frame.pitch);
  const tall = frame.pitch - 4;
  const colour = barColour(bar, colours);
  pen.fillStyle = pen.strokeStyle = colour;
  pen.lineWidth = 1;
  if (span.outcome === 'lost' || span.outcome === 'denied') {
    // No result: only an outline, dashed where nobody said how it ended.
    pen.setLineDash(span.outcome === 'lost' ? [3, 2] : []);
    pen.strokeRect(from + 0.5, top + 0.5, Math.max(1, width - 1), tall - 1);
    pen.setLineDash([]);
  } else {
    pen.fillRect(from, top, width, tall);
  }
  if (span.askedAt !== undefined) drawWait(pen, x(span.askedAt), from + width, top, tall, colours);
  if (span.outcome === 'failed' && width >= 10) drawCross(pen, from + width - 6, top + tall / 2, colours.bg);
  if (span.outcome === 'running') drawOpenEnd(pen, from + width, top, tall, colour);
  const chosen = frame.selected !== null && (frame.selected === span.startSeq || frame.selected === span.endSeq);
  if (chosen) {
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 2;
    pen.strokeRect(from - 2, top - 2, width + 4, tall + 4);
  }
  if (width > 44 && span.askedAt === undefined) {
    pen.save();
    pen.beginPath();
    pen.rect(from, top, width - (span.outcome === 'failed' ? 12 : 3), tall);
    pen.clip();
    pen.font = `${Math.min(11, tall - 0.5)}px system-ui, sans-serif`;
    pen.fillStyle = span.outcome === 'lost' || span.outcome === 'denied' ? colours.soft : colours.bg;
    pen.fillText(span.label, from + 4, top + tall / 2 + 0.5);
    pen.restore();
  }
}

function barColour(bar: Bar, colours: Palette): string {
  switch (bar.span.outcome) {
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

/** The part of a call that waited for somebody: amber stripes. */
function drawWait(pen: CanvasRenderingContext2D, from: number, to: number, top: number, tall: number, colours: Palette): void {
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

function drawCross(pen: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
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
  pen.lineTo(x + 6, top + tall / 2);
  pen.lineTo(x, top + tall);
  pen.fill();
}

function drawLanes(pen: CanvasRenderingContext2D, fall: Waterfall, frame: Frame, colours: Palette): void {
  pen.font = '11.5px system-ui, sans-serif';
  for (const lane of fall.lanes) {
    const top = rowTop(lane.row, frame.pitch) - 2;
    if (lane.row > 0) {
      pen.fillStyle = colours.line;
      pen.fillRect(0, top - 1, frame.width, 1);
    }
    pen.fillStyle = colours.soft;
    pen.save();
    pen.beginPath();
    pen.rect(0, top, frame.gutter - 8, frame.pitch);
    pen.clip();
    pen.fillText(lane.label, 12, top + frame.pitch / 2);
    pen.restore();
  }
}

/** The bar under a point, or one at most 3 px beside it. */
export function barAt(fall: Waterfall, frame: Frame, px: number, py: number): Bar | undefined {
  const row = Math.floor((py - AXIS) / frame.pitch);
  const x = (at: number): number => frame.gutter + position(fall.pieces, at) * (frame.width - frame.gutter - 12);
  let best: Bar | undefined;
  for (const bar of fall.bars) {
    if (bar.row === row && px >= x(bar.start) - 3 && px <= Math.max(x(bar.end), x(bar.start) + MIN_BAR) + 3) best = bar;
  }
  return best;
}
