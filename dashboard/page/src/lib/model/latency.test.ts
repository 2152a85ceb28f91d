import { expect, it } from 'vitest';
import { keptText, LatencyMeter, spentToday } from './latency';

it('has percentiles of the newest samples only', () => {
  const meter = new LatencyMeter(100);
  expect(meter.percentiles()).toBeNull();
  for (let ms = 1; ms <= 300; ms++) meter.add(ms);
  expect(meter.percentiles()).toEqual({ count: 100, p50: 251, p99: 300 });
});

it('leaves out what is no latency', () => {
  const meter = new LatencyMeter();
  [-5, 1e9, Number.NaN].forEach((ms) => meter.add(ms));
  expect(meter.percentiles()).toBeNull();
});

it('adds up what hooks took today, and says since when it counts', () => {
  const noon = new Date(2026, 10, 22, 12).getTime();
  const half = (hours: number, hooks: number, hook_us: number) => ({ at: new Date(noon + hours * 3_600_000).toISOString(), hooks, hook_us });
  const halves = [half(-12.5, 7, 9_000), half(-12, 10, 1_500), half(-0.5, 2, 500)];
  expect(spentToday(halves, noon - 86_400_000, noon)).toEqual({ hooks: 12, ms: 2, since: null });
  expect(spentToday(halves.slice(2), noon - 3_600_000, noon)).toEqual({ hooks: 2, ms: 0.5, since: noon - 3_600_000 });
});

it('says how far back the store reaches, and what goes', () => {
  const since = new Date(2026, 10, 22, 2, 5).toISOString();
  const kept = { since, bytes: 41_000_000, max_days: 30, max_bytes: 2 ** 31 };
  expect(keptText(kept)).toBe('41.0 MB since Sun 22 Nov, 02:05; what is older than 30 days or beyond 2.1 GB is removed');
  expect(keptText({ since: null, bytes: 4_096, max_days: null, max_bytes: null })).toBe('4.1 kB; nothing is removed');
  expect(keptText({ ...kept, max_days: null })).toContain('; what is beyond 2.1 GB is removed');
});
