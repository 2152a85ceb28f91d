/** Times, durations and sizes in as few characters as stay exact. */

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** Milliseconds since the epoch, with the fraction of a millisecond that the daemon sends; NaN if there is no time. */
export function parseTime(timestamp: string): number {
  const whole = Date.parse(timestamp);
  const fraction = /\.\d{3}(\d{1,6})/.exec(timestamp)?.[1];
  return fraction ? whole + Number(`0.${fraction}`) : whole;
}

/** `14:03:59.123`, local time. */
export function clockTime(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '--:--:--.---';
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });

export function dayName(at: number): string {
  return Number.isNaN(at) ? '' : DAY.format(at);
}

export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** `Thu 5 Nov, 14:03`, local time: what a chart says of one of its points. */
export function minuteOf(at: number): string {
  return `${dayName(at)}, ${clockTime(at).slice(0, 5)}`;
}

/** What a chart writes at its times: `14:03`, seconds where they differ in no more, and the day below wherever another begins. */
export function axisTimes(times: readonly number[]): string[] {
  const letters = times.every((at) => at % 60_000 === 0) ? 5 : 8;
  return times.map((at, index) => {
    const time = clockTime(at).slice(0, letters);
    const before = times[index - 1];
    return before !== undefined && sameDay(before, at) ? time : `${time}\n${dayName(at)}`;
  });
}

/** `0.4 ms`, `34 ms`, `1.25 s`, `12.3 s`, `4m 05s`, `2h 07m`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '';
  if (ms < 10 && !Number.isInteger(ms)) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  return `${Math.floor(seconds / 3_600)}h ${pad(Math.floor(seconds / 60) % 60)}m`;
}

/** How long something lasts already, in one unit and a half: `now`, `12s`, `4m 05s`, `2h 07m`, `3d`. */
export function elapsed(ms: number): string {
  if (!Number.isFinite(ms)) return '';
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h ${pad(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** Microseconds as milliseconds in three digits: `0.21`, `4.3`, `120`. */
export function microseconds(us: number): string {
  const ms = us / 1_000;
  if (ms < 1) return ms.toFixed(2);
  return ms < 100 ? ms.toFixed(1) : String(Math.round(ms));
}

const GROUPED = new Intl.NumberFormat('en-US');

/** `12,345`. */
export function count(value: number): string {
  return GROUPED.format(value);
}

/** `950`, `1.2k`, `48k`, `1.3M`. */
export function compact(value: number): string {
  if (value < 1_000) return String(Math.round(value));
  if (value < 9_950) return `${(value / 1_000).toFixed(1)}k`;
  if (value < 999_500) return `${Math.round(value / 1_000)}k`;
  return `${(value / 1_000_000).toFixed(value < 9_950_000 ? 1 : 0)}M`;
}

/** `$0.0042`, `$0.42`, `$12.30`. */
export function dollars(value: number): string {
  return `$${value.toFixed(value > 0 && value < 0.01 ? 4 : 2)}`;
}

export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  if (value < 1_000_000) return `${(value / 1_000).toFixed(1)} kB`;
  if (value < 1_000_000_000) return `${(value / 1_000_000).toFixed(1)} MB`;
  return `${(value / 1_000_000_000).toFixed(1)} GB`;
}
