import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationColumn } from './columns.js';
import { missing } from './format.js';

describe('a column of durations', () => {
  it.each([
    [[120, 400, 900], 'us', '400'],
    [[1_200, 1_204_500, 3_000], 'ms', '3.00'],
    [[20_000, 1_204_500, 31_000], 'ms', '31.0'],
    [[200_000, 1_204_500, 310_000], 'ms', '310'],
    [[90_000_000], 's', '90.0'],
  ] as const)('takes its unit and its decimals from the median of %j', (micros, unit, text) => {
    const column = durationColumn(micros);
    expect(column.unit).toBe(unit);
    expect(column.format([...micros].sort((left, right) => left - right)[Math.floor(micros.length / 2)] ?? 0)).toBe(text);
  });

  it('writes thousands apart, what rounds to nothing as less than its last digit, and nothing as nothing', () => {
    const column = durationColumn([1_200, 2_000, 3_000]);
    expect([1_204_500, 3, 0, null].map(column.format)).toEqual(['1,204.50', '<0.01', '0.00', missing]);
  });

  it('has the point in the same place in every row', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1 }), (micros) => {
        const { format } = durationColumn(micros);
        const decimals = new Set(micros.map((value) => format(value).split('.')[1]?.length ?? 0));
        expect(decimals.size).toBe(1);
      }),
    );
  });
});
