import type { CoursePoint } from '@fluoroscope/contract/insights';
import { describe, expect, it } from 'vitest';
import { bandOf, barsOf } from './band.js';

const frame = { from: 0, to: 600, width: 600, height: 100, periodSeconds: 60 };
const expected = { requests: 100_000, faults: 100 };

describe('the band of a service', () => {
  it('has the observed share as steps, with a gap where there was no request', () => {
    const points: CoursePoint[] = [
      [0, 100, 0],
      [60, 100, 50],
      [180, 100, 100],
    ];
    const band = bandOf(points, expected, frame);
    expect(band.top).toBe(1);
    expect(band.observed).toBe('M0.0 100.0L60.0 100.0L60.0 50.0L120.0 50.0M180.0 0.0L240.0 0.0');
    expect(band.expected.match(/Z/g)).toHaveLength(2);
  });

  it('is not higher than what was seen, and high enough to be seen where nothing was', () => {
    expect(bandOf([[0, 1_000, 100]], expected, frame).top).toBeCloseTo(0.11);
    expect(bandOf([[0, 1_000, 0]], expected, frame)).toMatchObject({ top: 0.02, observed: 'M0.0 100.0L60.0 100.0' });
    expect(bandOf([], expected, frame)).toEqual({ top: 0.02, observed: '', expected: '' });
  });
});

describe('the bars of requests', () => {
  it('stand side by side, and one fault among many is still seen', () => {
    const { bars, top } = barsOf(
      [
        [0, 1_000, 1],
        [60, 500, 0],
        [120, 10, 10],
      ],
      frame,
    );
    expect(top).toBe(1_000);
    expect(bars.map(({ x, height, failed }) => [x, height, failed])).toEqual([
      [0, 100, 1.5],
      [60, 50, 0],
      [120, 1, 1.5],
    ]);
    expect(bars.every(({ width }) => width === 59)).toBe(true);
  });
});
