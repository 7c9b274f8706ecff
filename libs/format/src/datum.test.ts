import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDatum } from './datum.js';
import { missing } from './format.js';

const sizes = ['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits'];
const units = ['Seconds', 'Milliseconds', 'Microseconds', 'Percent', 'Count', 'None', ...sizes];
const allUnits = [...units, 'Count/Second', ...sizes.map((size) => `${size}/Second`)];

describe('values of metrics', () => {
  it.each([
    [412, 'Count', '412'],
    [0.25, 'None', '0.25'],
    [12_345, 'Count', '12.3k'],
    [0.000_01, 'None', '<0.001'],
    [1.9, 'Seconds', '1.90 s'],
    [999.95, 'Milliseconds', '1.00 s'],
    [1_500, 'Kilobytes', '1.50 MB'],
    [1.5, 'Megabytes', '1.50 MB'],
    [12, 'Megabits/Second', '12.0 Mbit/s'],
    [4.2, 'Count/Second', '4.20/s'],
    [99.97, 'Percent', '>99.9 %'],
    [240, 'Percent', '240 %'],
    [-3, 'Count', '−3'],
    [null, 'Count', missing],
  ])('%s in %s are written %s', (value, unit, text) => expect(formatDatum(value, unit)).toBe(text));

  it('are never nothing, everything, or a full next unit by rounding', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.constantFrom(...allUnits), (value, unit) => {
        const text = formatDatum(value, unit);
        if (value !== 100) expect(text).not.toMatch(/^100(\.0)? %/);
        expect(text).not.toMatch(/^0(\.0+)?( |\/|$)|^1000|^60\.0 s|^0\.0+ %/);
      }),
    );
  });

  it('fit sixteen characters in every unit that CloudWatch has', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constantFrom(...allUnits), (value, unit) => {
        expect(formatDatum(value, unit).length).toBeLessThanOrEqual(16);
      }),
    );
  });
});
