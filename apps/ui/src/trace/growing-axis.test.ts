import { describe, expect, it } from 'vitest';
import { GrowingAxis } from './growing-axis.js';

const growth = { extent: 1_000, tip: 0, nowMs: 0, held: false };

describe('an axis that grows', () => {
  it('stays where it is until the tip has passed 95 % of it, and then is a quarter longer', () => {
    const axis = new GrowingAxis();
    expect([100, 500, 949, 950].map((tip, i) => axis.endFor({ ...growth, tip, nowMs: i * 1_000 }))).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect(axis.endFor({ ...growth, tip: 951, nowMs: 4_000 })).toBe(1_250);
    expect(axis.endFor({ ...growth, tip: 1_180, nowMs: 5_000 })).toBe(1_250);
  });

  it('moves at most once a second, and then far enough', () => {
    const axis = new GrowingAxis();
    expect(axis.endFor({ ...growth, tip: 960, nowMs: 0 })).toBe(1_250);
    expect(axis.endFor({ ...growth, tip: 1_200, nowMs: 500 })).toBe(1_250);
    expect(axis.endFor({ ...growth, tip: 1_800, nowMs: 999 })).toBe(1_250);
    expect(axis.endFor({ ...growth, tip: 1_800, nowMs: 1_000 })).toBeCloseTo(1_250 * 1.25 ** 2);
  });

  it('does not move while somebody points at it, and does when nobody does any more', () => {
    const axis = new GrowingAxis();
    axis.endFor(growth);
    for (let second = 1; second < 10; second++) {
      expect(axis.endFor({ ...growth, tip: 900 + second * 1_000, nowMs: second * 1_000, held: true })).toBe(1_000);
    }
    expect(axis.endFor({ ...growth, tip: 10_000, nowMs: 10_000 })).toBeGreaterThanOrEqual(10_000 / 0.95);
  });

  it('has room from the first for what has run for long, pointed at or not', () => {
    expect(new GrowingAxis().endFor({ ...growth, tip: 60_000, held: true })).toBeGreaterThanOrEqual(60_000 / 0.95);
  });

  it('ends where the trace ends once nothing grows, but not under the pointer', () => {
    const axis = new GrowingAxis();
    axis.endFor({ ...growth, tip: 1_100 });
    const end = axis.endFor({ ...growth, tip: 1_100, nowMs: 10 });
    expect(axis.endFor({ ...growth, extent: 1_150, tip: null, nowMs: 20, held: true })).toBe(end);
    expect(axis.endFor({ ...growth, extent: 1_150, tip: null, nowMs: 30 })).toBe(1_150);
  });
});
