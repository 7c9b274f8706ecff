import { describe, expect, it } from 'vitest';
import { fitRange, minRangeMicros, panRange, readRange, ticksOf, writeRange, zoomRange } from './range.js';

const extent = 1_000_000;

describe('a range of time', () => {
  it('stays inside the trace, and keeps its length where it can', () => {
    expect(fitRange({ from: -100, to: 900 }, extent)).toEqual({ from: 0, to: 1000 });
    expect(fitRange({ from: extent - 10, to: extent + 990 }, extent)).toEqual({ from: extent - 1000, to: extent });
    expect(fitRange({ from: -5, to: 2 * extent }, extent)).toEqual({ from: 0, to: extent });
  });

  it('keeps still what the pointer is on, and stops where there is nothing more to see', () => {
    const range = { from: 200_000, to: 400_000 };
    const closer = zoomRange(range, 0.5, { share: 0.25, extent });
    expect(closer).toEqual({ from: 225_000, to: 325_000 });
    let smallest = range;
    for (let i = 0; i < 60; i++) smallest = zoomRange(smallest, 0.5, { share: 0.5, extent });
    expect(smallest.to - smallest.from).toBeCloseTo(minRangeMicros, 6);
    expect(zoomRange(range, 1e9, { share: 0.1, extent })).toEqual({ from: 0, to: extent });
  });

  it('of a trace shorter than that is the trace', () => {
    expect(fitRange({ from: 0, to: 5 }, 10)).toEqual({ from: 0, to: 10 });
    expect(fitRange({ from: 0, to: 0 }, 0)).toEqual({ from: 0, to: 0 });
  });

  it('moves by a share of itself, until the end', () => {
    expect(panRange({ from: 0, to: 100 }, 0.5, extent)).toEqual({ from: 50, to: 150 });
    expect(panRange({ from: 0, to: 100 }, -0.5, extent)).toEqual({ from: 0, to: 100 });
  });

  it('is read from an address as it was written, and from nothing else', () => {
    expect(readRange(writeRange({ from: 1_234, to: 999_999 }))).toEqual({ from: 1_234, to: 999_999 });
    for (const text of [null, '', '5-5', '9-1', '-1-2', 'a-b', '1-2-3']) expect(readRange(text)).toBeNull();
  });
});

describe('ticks', () => {
  it('are round, inside the range, and no more than asked for', () => {
    expect(ticksOf({ from: 0, to: 1000 }, 5)).toEqual([0, 200, 400, 600, 800, 1000]);
    expect(ticksOf({ from: 130, to: 170 }, 4)).toEqual([130, 140, 150, 160, 170]);
    expect(ticksOf({ from: 5, to: 5 }, 5)).toEqual([]);
  });
});
