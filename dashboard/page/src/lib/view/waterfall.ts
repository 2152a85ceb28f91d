/** Draws the waterfall on a canvas, and says what lies under a point of it. */

import { clockTime, elapsed } from '../model/format';
import { position, tickStep } from '../model/scale';
import type { Bar, Waterfall } from '../model/timeline';
import { drawBar, type Palette } from './bars';

export const AXIS = 20;
const PAD = 6;
const MIN_BAR = 2;

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
  for (const bar of fall.bars) drawOne(pen, bar, x, frame, colours);
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

function drawOne(pen: CanvasRenderingContext2D, bar: Bar, x: (at: number) => number, frame: Frame, colours: Palette): void {
  const { span } = bar;
  const from = x(bar.start);
  const width = Math.max(MIN_BAR, x(bar.end) - from);
  const top = rowTop(bar.row, frame.pitch);
  const tall = frame.pitch - 4;
  const waitX = span.askedAt === undefined ? undefined : x(span.askedAt);
  drawBar(pen, { x: from, width, top, tall, outcome: span.outcome, waitX, label: span.label }, colours);
  const chosen = frame.selected !== null && (frame.selected === span.startSeq || frame.selected === span.endSeq);
  if (!chosen) return;
  pen.strokeStyle = colours.accent;
  pen.lineWidth = 2;
  pen.strokeRect(from - 2, top - 2, width + 4, tall + 4);
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
