/** Draws the timeline of a session, and says what lies under a point. Only what is in view is walked over. */

import { clockTime, elapsed } from '../model/format';
import { position, tickStep, timeAt } from '../model/scale';
import { firstBehind, type Track, type TrackLane, type Tracks } from '../model/tracks';
import type { WideSpan } from '../model/span-set';
import { drawBar, drawCross, drawPrompt, outcomeColour, type Palette } from './bars';

export const ROW_PX = 20;
export const AXIS_PX = 22;
export const MAP_PX = 34;
const TALL = 15;

/** The part of the axis that is shown. */
export interface Window {
  from: number;
  to: number;
}

export interface TimelineFrame extends Window {
  width: number;
  height: number;
  gutter: number;
  scroll: number;
  selected: number | null;
}

export const xOf = (frame: TimelineFrame, place: number): number => frame.gutter + ((place - frame.from) / (frame.to - frame.from)) * (frame.width - frame.gutter - 12);
export const placeOf = (frame: TimelineFrame, x: number): number => frame.from + ((x - frame.gutter) / Math.max(1, frame.width - frame.gutter - 12)) * (frame.to - frame.from);

export function drawTimeline(pen: CanvasRenderingContext2D, tracks: Tracks, frame: TimelineFrame, colours: Palette): void {
  pen.clearRect(0, 0, frame.width, frame.height);
  pen.save();
  pen.beginPath();
  pen.rect(0, AXIS_PX, frame.width, frame.height - AXIS_PX);
  pen.clip();
  drawIdle(pen, tracks, frame, colours);
  drawGrid(pen, tracks, frame, colours);
  for (const lane of tracks.lanes) {
    const top = AXIS_PX + lane.row * ROW_PX - frame.scroll;
    const tall = Math.max(1, lane.tracks.length) * ROW_PX;
    if (top + tall < AXIS_PX || top > frame.height) continue;
    drawLane(pen, lane, top, tall, frame, colours);
  }
  pen.restore();
  drawAxis(pen, tracks, frame, colours);
}

function drawLane(pen: CanvasRenderingContext2D, lane: TrackLane, top: number, tall: number, frame: TimelineFrame, colours: Palette): void {
  if (lane.life) {
    const from = Math.max(frame.gutter, xOf(frame, lane.life.from));
    pen.fillStyle = colours.raised;
    pen.fillRect(from, top + 1, Math.max(2, xOf(frame, lane.life.to) - from), tall - 2);
  }
  pen.save();
  pen.beginPath();
  pen.rect(frame.gutter, top, frame.width - frame.gutter, tall);
  pen.clip();
  for (const [index, track] of lane.tracks.entries()) drawTrack(pen, track, top + index * ROW_PX + 2, frame, colours);
  pen.restore();
  pen.fillStyle = colours.line;
  pen.fillRect(0, top + tall - 1, frame.width, 1);
  pen.save();
  pen.beginPath();
  pen.rect(0, top, frame.gutter - 8, ROW_PX);
  pen.clip();
  pen.font = `${lane.depth === 0 ? '600 ' : ''}12px system-ui, sans-serif`;
  pen.textBaseline = 'middle';
  pen.fillStyle = lane.depth === 0 ? colours.text : colours.soft;
  pen.fillText(`${lane.depth > 0 ? '↳ ' : ''}${lane.label}`, 12 + Math.max(0, lane.depth - 1) * 10, top + ROW_PX / 2);
  pen.restore();
}

const WORST = { failed: 5, waiting: 4, denied: 3, running: 2, lost: 1, ok: 0 } as const;

/** What is narrower than a pixel is gathered, and drawn as its worst. */
function drawTrack(pen: CanvasRenderingContext2D, track: Track, top: number, frame: TimelineFrame, colours: Palette): void {
  const scale = (frame.width - frame.gutter - 12) / (frame.to - frame.from);
  const { from, to, spans } = track;
  let column = -1;
  let worst: WideSpan | undefined;
  const flush = (): void => {
    if (!worst) return;
    pen.fillStyle = outcomeColour(worst.outcome, colours);
    pen.fillRect(column, top, 1.5, TALL);
    worst = undefined;
  };
  for (let index = firstBehind(track, frame.from); index < spans.length; index++) {
    const begin = from[index] ?? 0;
    if (begin > frame.to) break;
    const span = spans[index] as WideSpan;
    const x = frame.gutter + (begin - frame.from) * scale;
    const width = ((to[index] ?? 0) - begin) * scale;
    if (width < 1.5 && span.startSeq !== frame.selected && span.endSeq !== frame.selected) {
      const pixel = Math.floor(x);
      if (pixel !== column) {
        flush();
        column = pixel;
      }
      if (!worst || WORST[span.outcome] > WORST[worst.outcome]) worst = span;
      continue;
    }
    flush();
    drawSpan(pen, span, x, Math.max(2, width - 0.5), top, frame, colours);
  }
  flush();
}

function drawSpan(pen: CanvasRenderingContext2D, span: WideSpan, x: number, width: number, top: number, frame: TimelineFrame, colours: Palette): void {
  // Far beyond the edges a canvas draws slowly, and nobody sees it.
  const left = Math.max(frame.gutter - 20, x);
  const right = Math.min(frame.width + 20, x + width);
  const share = (at: number): number => {
    const whole = (span.end ?? Date.now()) - span.start;
    return whole > 0 ? x + ((at - span.start) / whole) * width : x;
  };
  const waitX = span.askedAt === undefined ? undefined : Math.max(left, share(span.askedAt));
  const waitEndX = span.answeredAt === undefined ? undefined : Math.min(right, share(span.answeredAt));
  const tall = span.kind === 'compaction' ? TALL - 6 : TALL;
  drawBar(pen, { x: left, width: right - left, top, tall, outcome: span.outcome, waitX, waitEndX, label: span.summary && width > 150 ? `${span.label}  ${span.summary}` : span.label }, colours);
  if (frame.selected === null || (frame.selected !== span.startSeq && frame.selected !== span.endSeq)) return;
  pen.strokeStyle = colours.accent;
  pen.lineWidth = 2;
  pen.strokeRect(left - 1, top - 1, right - left + 2, TALL + 2);
}

function drawIdle(pen: CanvasRenderingContext2D, tracks: Tracks, frame: TimelineFrame, colours: Palette): void {
  for (const piece of tracks.pieces) {
    if (piece.to < frame.from || piece.from > frame.to || !piece.idle) continue;
    const from = Math.max(frame.gutter, xOf(frame, piece.from));
    const to = xOf(frame, piece.to);
    if (to <= from) continue;
    pen.fillStyle = colours.panel;
    pen.fillRect(from, AXIS_PX, to - from, frame.height);
    pen.fillStyle = colours.strong;
    for (let y = AXIS_PX + 3; y < frame.height; y += 6) pen.fillRect((from + to) / 2, y, 1, 3);
  }
}

/** Calls `take` for each round moment that is shown, with its place in pixels and the distance to the next. */
function eachTick(tracks: Tracks, frame: TimelineFrame, take: (at: number, x: number, step: number) => void): void {
  for (const piece of tracks.pieces) {
    if (piece.idle || piece.to < frame.from || piece.from > frame.to) continue;
    const step = tickStep((piece.end - piece.start) / Math.max(1, xOf(frame, piece.to) - xOf(frame, piece.from)), 100);
    const first = Math.max(piece.start, timeAt([piece], Math.max(piece.from, frame.from)));
    const last = Math.min(piece.end, timeAt([piece], Math.min(piece.to, frame.to)));
    for (let at = Math.ceil(first / step) * step; at <= last; at += step) {
      const x = xOf(frame, position([piece], at));
      if (x >= frame.gutter) take(at, x, step);
    }
  }
}

function drawGrid(pen: CanvasRenderingContext2D, tracks: Tracks, frame: TimelineFrame, colours: Palette): void {
  pen.fillStyle = colours.line;
  eachTick(tracks, frame, (_, x) => pen.fillRect(Math.round(x), AXIS_PX, 1, frame.height));
}

function drawAxis(pen: CanvasRenderingContext2D, tracks: Tracks, frame: TimelineFrame, colours: Palette): void {
  pen.fillStyle = colours.bg;
  pen.fillRect(0, 0, frame.width, AXIS_PX);
  pen.font = '11px system-ui, sans-serif';
  pen.textBaseline = 'middle';
  let free = frame.gutter - 20;
  const label = (text: string, at: number, colour: string): void => {
    const width = pen.measureText(text).width;
    if (at < free || at + width > frame.width - 4) return;
    pen.fillStyle = colour;
    pen.fillText(text, at, AXIS_PX / 2);
    free = at + width + 14;
  };
  eachTick(tracks, frame, (at, x, step) => label(step < 1_000 ? clockTime(at) : clockTime(at).slice(0, 8), x + 3, colours.faint));
  free = frame.gutter;
  for (const piece of tracks.pieces) {
    if (!piece.idle || piece.to < frame.from || piece.from > frame.to) continue;
    const [from, to] = [xOf(frame, piece.from), xOf(frame, piece.to)];
    const text = elapsed(piece.end - piece.start);
    const wide = pen.measureText(text).width;
    if (to - from < wide || from < frame.gutter) continue;
    pen.fillStyle = colours.panel;
    pen.fillRect(from, 0, to - from, AXIS_PX - 1);
    label(text, (from + to - wide) / 2, colours.faint);
  }
  for (const mark of tracks.marks) {
    const x = xOf(frame, mark.at);
    if (x < frame.gutter - 1 || x > frame.width) continue;
    pen.globalAlpha = 0.45;
    pen.fillStyle = mark.kind === 'failed' ? colours.bad : colours.turn;
    pen.fillRect(Math.round(x), AXIS_PX, 1, frame.height);
    pen.globalAlpha = 1;
    if (mark.kind === 'failed') drawCross(pen, x, AXIS_PX - 4, colours.bad);
    else drawPrompt(pen, x + 0.5, AXIS_PX + 1, colours.turn);
  }
  pen.fillStyle = colours.line;
  pen.fillRect(0, AXIS_PX - 1, frame.width, 1);
}

/** All of it, small, with what is shown marked. */
export function drawMap(pen: CanvasRenderingContext2D, tracks: Tracks, frame: TimelineFrame, colours: Palette): void {
  pen.clearRect(0, 0, frame.width, MAP_PX);
  const whole = { ...frame, from: 0, to: 1 };
  const scale = frame.width - frame.gutter - 12;
  const load = new Uint16Array(Math.ceil(scale) + 1);
  const bad = new Uint8Array(load.length);
  for (const lane of tracks.lanes) {
    for (const { spans, from, to } of lane.tracks) {
      for (let index = 0; index < spans.length; index++) {
        const last = Math.min(load.length - 1, Math.floor((to[index] ?? 0) * scale));
        const outcome = spans[index]?.outcome;
        for (let x = Math.floor((from[index] ?? 0) * scale); x <= last; x++) {
          load[x] = (load[x] ?? 0) + 1;
          if (outcome === 'failed') bad[x] = 2;
          else if (outcome === 'waiting' && bad[x] === 0) bad[x] = 1;
        }
      }
    }
  }
  const most = load.reduce((max, value) => Math.max(max, value), 1);
  for (let x = 0; x < load.length; x++) {
    const value = load[x] ?? 0;
    if (value === 0) continue;
    const tall = Math.max(3, (Math.log(value + 1) / Math.log(most + 1)) * (MAP_PX - 12));
    pen.fillStyle = bad[x] === 2 ? colours.bad : bad[x] === 1 ? colours.attention : colours.ok;
    pen.fillRect(frame.gutter + x, MAP_PX - 4 - tall, 1, tall);
  }
  const [from, to] = [xOf(whole, frame.from), xOf(whole, frame.to)];
  pen.fillStyle = colours.bg;
  pen.globalAlpha = 0.72;
  pen.fillRect(frame.gutter, 0, from - frame.gutter, MAP_PX);
  pen.fillRect(to, 0, frame.width - to, MAP_PX);
  pen.globalAlpha = 1;
  pen.strokeStyle = frame.from > 0 || frame.to < 1 ? colours.accent : colours.line;
  pen.lineWidth = 1;
  pen.strokeRect(from + 0.5, 1.5, Math.max(3, to - from - 1), MAP_PX - 4);
}

/** The span under a point, or one at most 3 px beside it. */
export function spanAt(tracks: Tracks, frame: TimelineFrame, px: number, py: number): WideSpan | undefined {
  if (py < AXIS_PX || px < frame.gutter) return undefined;
  const row = Math.floor((py - AXIS_PX + frame.scroll) / ROW_PX);
  const lane = tracks.lanes.findLast((each) => each.row <= row);
  const track = lane?.tracks[row - lane.row];
  if (!track) return undefined;
  const near = 3 / ((frame.width - frame.gutter - 12) / (frame.to - frame.from));
  const place = placeOf(frame, px);
  let best: WideSpan | undefined;
  for (let index = firstBehind(track, place - near); index < track.spans.length && (track.from[index] ?? 0) <= place + near; index++) {
    const span = track.spans[index];
    if (!best || (track.from[index] ?? 0) <= place) best = span;
  }
  return best;
}
