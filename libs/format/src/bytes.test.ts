import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSystem, formatBits, formatBytes } from './bytes.js';
import { missing } from './format.js';

const scales: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
};

describe('sizes', () => {
  it.each([
    [0, 'iec', '0 B'],
    [0.2, 'iec', '<1 B'],
    [999, 'iec', '999 B'],
    [1_000, 'iec', '0.98 KiB'],
    [1_024, 'iec', '1.00 KiB'],
    [2_040_109_466, 'iec', '1.90 GiB'],
    [1_900_000_000, 'si', '1.90 GB'],
    [999_999, 'si', '1.00 MB'],
    [null, 'si', missing],
  ] as const)('of %s bytes in %s are written %s', (bytes, system, text) => expect(formatBytes(bytes, system)).toBe(text));

  it('are bits where they are bits', () => expect(formatBits(8_000)).toBe('8.00 kbit'));

  it('never read as a thousand of a unit nor, when there is something, as nothing, and are true to 0.6 %', () => {
    const anySystem = fc.constantFrom<ByteSystem>('iec', 'si');
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e17, noNaN: true }), anySystem, (bytes, system) => {
        const [value = '', unit = ''] = formatBytes(bytes, system).split(' ');
        expect(Number(value)).toBeGreaterThan(0);
        expect(Number(value)).toBeLessThan(1_000);
        const slack = unit === 'B' ? 0.5 : bytes * 0.006;
        expect(Math.abs(Number(value) * (scales[unit] ?? Number.NaN) - bytes)).toBeLessThanOrEqual(slack);
      }),
    );
  });
});
