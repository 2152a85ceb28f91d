import { expect, it } from 'vitest';
import { LatencyMeter } from './latency';

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
