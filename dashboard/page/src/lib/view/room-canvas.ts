/** Draws the lanes of the control room, and says what lies under a point. */

import { clockTime } from '../model/format';
import type { RoomBar, RoomLane } from '../model/room';
import { tickStep } from '../model/scale';
import { drawBar, drawCross, drawPrompt, type Palette } from './bars';

export const LANE_PX = 44;
export const AXIS_PX = 22;
/** Room at the right edge for what is open and goes on. */
const EDGE = 14;
const BAR = { top: 13, tall: 14 } as const;
const SUB = { top: 30, tall: 6 } as const;

export interface RoomFrame {
  width: number;
  now: number;
  rangeMs: number;
  hover: number | null;
}

const xOf = (frame: RoomFrame, at: number): number => ((at - frame.now + frame.rangeMs) / frame.rangeMs) * (frame.width - EDGE);

export function drawRoom(pen: CanvasRenderingContext2D, lanes: readonly RoomLane[], frame: RoomFrame, colours: Palette): void {
  const height = AXIS_PX + lanes.length * LANE_PX;
  pen.clearRect(0, 0, frame.width, height);
  drawAxis(pen, frame, height, colours);
  for (const [index, lane] of lanes.entries()) drawLane(pen, lane, AXIS_PX + index * LANE_PX, frame, index === frame.hover, colours);
  pen.fillStyle = colours.strong;
  pen.fillRect(Math.round(xOf(frame, frame.now)), AXIS_PX, 1, height - AXIS_PX);
}

function drawAxis(pen: CanvasRenderingContext2D, frame: RoomFrame, height: number, colours: Palette): void {
  pen.font = '11px system-ui, sans-serif';
  pen.textBaseline = 'middle';
  const step = tickStep(frame.rangeMs / frame.width, 110);
  for (let at = Math.ceil((frame.now - frame.rangeMs) / step) * step; at < frame.now; at += step) {
    const x = Math.round(xOf(frame, at));
    pen.fillStyle = colours.line;
    pen.fillRect(x, AXIS_PX - 4, 1, height - AXIS_PX + 4);
    pen.fillStyle = colours.faint;
    const text = clockTime(at).slice(0, step < 60_000 ? 8 : 5);
    if (x + pen.measureText(text).width + 40 < frame.width) pen.fillText(text, x + 4, AXIS_PX / 2);
  }
  pen.fillStyle = colours.soft;
  pen.textAlign = 'right';
  pen.fillText('now', frame.width - 4, AXIS_PX / 2);
  pen.textAlign = 'left';
  pen.fillStyle = colours.line;
  pen.fillRect(0, AXIS_PX - 1, frame.width, 1);
}

function drawLane(pen: CanvasRenderingContext2D, lane: RoomLane, top: number, frame: RoomFrame, hovered: boolean, colours: Palette): void {
  if (hovered) {
    pen.fillStyle = colours.raised;
    pen.globalAlpha = 0.5;
    pen.fillRect(0, top, frame.width, LANE_PX - 1);
    pen.globalAlpha = 1;
  }
  pen.fillStyle = colours.line;
  pen.fillRect(0, top + LANE_PX - 1, frame.width, 1);
  const x = (at: number): number => xOf(frame, at);
  for (const { start, end } of lane.turns) {
    const from = Math.max(0, x(start));
    pen.fillStyle = colours.raised;
    pen.beginPath();
    pen.roundRect(from, top + 10, Math.max(3, x(end ?? frame.now) - from), 29, 4);
    pen.fill();
  }
  drawBars(pen, lane.bars, top, x, colours);
  for (const mark of lane.marks) {
    const at = x(mark.at);
    if (mark.kind === 'prompt') drawPrompt(pen, at, top + 11, colours.turn);
    else {
      pen.fillStyle = colours.bad;
      pen.fillRect(at - 1, top + 8, 2, 33);
      drawCross(pen, at + 5, top + 8, colours.bad);
    }
  }
}

/** Several that fall on the same pixel are drawn once, the worst of them. */
function drawBars(pen: CanvasRenderingContext2D, bars: readonly RoomBar[], top: number, x: (at: number) => number, colours: Palette): void {
  const last = { main: Number.NEGATIVE_INFINITY, sub: Number.NEGATIVE_INFINITY };
  for (const { span, start, end } of bars) {
    const lane = span.agentId === '' ? 'main' : 'sub';
    const place = lane === 'main' ? BAR : SUB;
    const from = Math.max(-2, x(start));
    const width = Math.max(2, x(end) - from - 0.5);
    if (from + width < last[lane] + 0.5 && span.outcome === 'ok') continue;
    last[lane] = Math.max(last[lane], from + width);
    const waitX = span.askedAt === undefined ? undefined : Math.max(0, x(span.askedAt));
    drawBar(pen, { x: from, width, top: top + place.top, tall: place.tall, outcome: span.outcome, waitX, label: lane === 'main' ? span.label : '' }, colours);
  }
}

export function laneAt(lanes: readonly RoomLane[], y: number): number | null {
  const index = Math.floor((y - AXIS_PX) / LANE_PX);
  return y >= AXIS_PX && index < lanes.length ? index : null;
}

/** The bar under a point, or one at most 3 px beside it. */
export function roomBarAt(lanes: readonly RoomLane[], frame: RoomFrame, px: number, py: number): RoomBar | undefined {
  const index = laneAt(lanes, py);
  if (index === null) return undefined;
  const y = py - AXIS_PX - index * LANE_PX;
  const sub = y >= SUB.top - 2;
  let best: RoomBar | undefined;
  for (const bar of lanes[index]?.bars ?? []) {
    if ((bar.span.agentId !== '') !== sub) continue;
    if (px >= xOf(frame, bar.start) - 3 && px <= Math.max(xOf(frame, bar.end), xOf(frame, bar.start) + 2) + 3) best = bar;
  }
  return y >= 8 && y <= 40 ? best : undefined;
}
