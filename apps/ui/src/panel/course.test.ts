import type { StatisticsRow } from '@fluoroscope/contract/graph';
import { describe, expect, it } from 'vitest';
import { chartsOf, courseOf } from './course.js';

const row = (counts: [number, number, number, number], histogram: number[] = []): StatisticsRow => [...counts, 0, 0, histogram];

describe('the course of a node', () => {
  it('has a point for every whole period, and a hole where nothing was counted', () => {
    const course = courseOf([[1_010, row([5, 0, 0, 0])]], { from: 1_003, to: 1_045, period: 10 });
    expect(course.times).toEqual([1_010, 1_020, 1_030]);
    expect(course.rows.map((one) => one !== null)).toEqual([true, false, false]);
  });

  it('draws no share and no time where there was no request, but a rate of 0', () => {
    const [rate, shares, times] = chartsOf(courseOf([[0, row([6, 1, 1, 2], [4, 9, 20, 1])]], { from: 0, to: 20, period: 10 }));
    expect(rate?.lines[0]?.values).toEqual([1, 0]);
    expect(shares?.lines.map(({ name, values }) => [name, values])).toEqual([
      ['fault', [0.2, null]],
      ['error', [0.1, null]],
      ['throttle', [0.1, null]],
    ]);
    expect(times?.lines.map(({ values }) => values)).toEqual([
      [4_000, null],
      [20_000, null],
      [20_000, null],
    ]);
  });
});
