/** A time axis that spends its width on activity: long stretches in which nothing happened shrink to a mark. */

export interface Interval {
  start: number;
  end: number;
}

export interface Piece extends Interval {
  /** Position on the axis, 0 to 1. */
  from: number;
  to: number;
  idle: boolean;
}

/** Nothing for this long, and for this share of all activity, counts as idle. */
const MIN_IDLE_MS = 4_000;
const IDLE_SHARE = 0.06;
/** Width of an idle stretch as a share of the axis; all of them together take at most a quarter. */
const IDLE_WIDTH = 0.03;

/** Pieces in order of time that cover everything from the first to the last interval. */
export function timePieces(intervals: readonly Interval[]): Piece[] {
  const busy = mergeIntervals(intervals);
  const first = busy[0];
  const last = busy[busy.length - 1];
  if (!first || !last) return [];
  const limit = Math.max(MIN_IDLE_MS, busy.reduce((sum, part) => sum + part.end - part.start, 0) * IDLE_SHARE);
  const parts: (Interval & { idle: boolean })[] = [];
  for (const part of busy) {
    const previous = parts[parts.length - 1];
    const gap = previous ? part.start - previous.end : 0;
    if (previous && gap <= limit) {
      previous.end = part.end;
    } else {
      if (previous) parts.push({ start: previous.end, end: part.start, idle: true });
      parts.push({ ...part, idle: false });
    }
  }
  return place(parts);
}

function place(parts: readonly (Interval & { idle: boolean })[]): Piece[] {
  const idles = parts.filter((part) => part.idle).length;
  const idleWidth = Math.min(IDLE_WIDTH, 0.25 / Math.max(1, idles));
  const busyTime = parts.reduce((sum, part) => sum + (part.idle ? 0 : part.end - part.start), 0) || 1;
  const busyWidth = 1 - idles * idleWidth;
  // Each busy piece is at least as wide as an idle one, or a single event between two pauses would vanish.
  const raw = parts.map((part) => (part.idle ? idleWidth : Math.max(idleWidth, ((part.end - part.start) / busyTime) * busyWidth)));
  const sum = raw.reduce((total, width) => total + width, 0) || 1;
  let from = 0;
  return parts.map((part, index) => {
    const to = from + (raw[index] ?? 0) / sum;
    const piece = { ...part, from, to };
    from = to;
    return piece;
  });
}

function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  const sorted = intervals.filter((part) => part.end >= part.start).sort((a, b) => a.start - b.start);
  for (const part of sorted) {
    const previous = merged[merged.length - 1];
    if (previous && part.start <= previous.end) previous.end = Math.max(previous.end, part.end);
    else merged.push({ start: part.start, end: part.end });
  }
  return merged;
}

/** Time to position, 0 to 1. */
export function position(pieces: readonly Piece[], at: number): number {
  for (const piece of pieces) {
    if (at <= piece.end) {
      const share = piece.end > piece.start ? (at - piece.start) / (piece.end - piece.start) : 0;
      return piece.from + Math.max(0, share) * (piece.to - piece.from);
    }
  }
  return 1;
}

/** Position to time. */
export function timeAt(pieces: readonly Piece[], where: number): number {
  for (const piece of pieces) {
    if (where <= piece.to) {
      const share = piece.to > piece.from ? (where - piece.from) / (piece.to - piece.from) : 0;
      return piece.start + Math.max(0, share) * (piece.end - piece.start);
    }
  }
  return pieces[pieces.length - 1]?.end ?? 0;
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
  1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000,
];

/** The smallest round step that leaves at least `minPx` between marks. */
export function tickStep(msPerPx: number, minPx: number): number {
  return STEPS_MS.find((step) => step / msPerPx >= minPx) ?? 86_400_000;
}
