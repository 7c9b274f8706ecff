import { bucketOf, recordBucket } from '@fluoroscope/xray/histogram';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisOf, barsOf, countBetween, edgesOf, nearestEdge, positionOf } from './bars.js';

const histograms = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 60 }).map((times) => {
  const histogram: number[] = [];
  for (const micros of times) recordBucket(histogram, bucketOf(micros));
  return { histogram, count: times.length };
});

describe('histogram bars', () => {
  it('hold every request once, side by side, inside the axis', () => {
    fc.assert(
      fc.property(histograms, ({ histogram, count }) => {
        const bars = barsOf(histogram, axisOf(histogram));
        expect(bars.reduce((sum, bar) => sum + bar.count, 0)).toBe(count);
        expect(Math.max(...bars.map(({ height }) => height))).toBeCloseTo(1);
        bars.forEach((bar, index) => {
          const next = bars[index + 1];
          if (next) expect(bar.left + bar.width).toBeLessThanOrEqual(next.left + 1e-9);
          expect(bar.width).toBeGreaterThan(0);
          expect(bar.left + bar.width).toBeLessThanOrEqual(1 + 1e-9);
        });
      }),
    );
  });

  it('begin and end at the edges that a selection snaps to, so that a selection counts whole bars', () => {
    fc.assert(
      fc.property(histograms, ({ histogram, count }) => {
        const axis = axisOf(histogram);
        const bars = barsOf(histogram, axis);
        const edges = edgesOf(axis);
        for (const { fromMicros, toMicros } of bars) {
          expect(edges).toContain(fromMicros);
          expect(edges).toContain(toMicros);
        }
        const [first = 0, last = 0] = [edges[0], edges.at(-1)];
        const middle = edges[Math.floor(edges.length / 2)] ?? 0;
        expect(countBetween(bars, first, last)).toBe(count);
        expect(countBetween(bars, first, middle) + countBetween(bars, middle, last)).toBe(count);
      }),
    );
  });

  it('know the nearest edge of a place', () => {
    const axis = { firstDecade: 0, lastDecade: 3 };
    const edges = edgesOf(axis);
    for (const [index, micros] of edges.entries()) expect(nearestEdge(edges, axis, positionOf(micros, axis))).toBe(index);
  });
});
