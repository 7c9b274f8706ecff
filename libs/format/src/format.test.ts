import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exactCount,
  formatCount,
  formatDuration,
  formatPercentile,
  formatRate,
  formatShare,
  missing,
  sayDuration,
  sayRate,
  sayShare,
} from './format.js';

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '<1 us'],
    [840, '840 us'],
    [999.7, '1.00 ms'],
    [1_240, '1.24 ms'],
    [182_000, '182 ms'],
    [999_950, '1.00 s'],
    [4_120_000, '4.12 s'],
    [59_990_000, '1 m 00 s'],
    [128_000_000, '2 m 08 s'],
    [3_599_900_000, '1 h 00 m'],
    [3_840_000_000, '1 h 04 m'],
    [null, missing],
  ])('writes %s microseconds as %s', (micros, text) => expect(formatDuration(micros)).toBe(text));

  it('never rounds up to a full next unit and stays within 0.51 % below a minute', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 59_900_000, noNaN: true }), (micros) => {
        const text = formatDuration(micros);
        expect(text).not.toMatch(/^1000|^60\.0 s/);
        const [value = '', unit = ''] = text.split(' ');
        const scale = { us: 1, ms: 1_000, s: 1_000_000 }[unit] ?? Number.NaN;
        const slack = unit === 'us' ? 0.51 : micros * 0.0051;
        expect(Math.abs(Number(value) * scale - micros)).toBeLessThanOrEqual(slack);
      }),
    );
  });

  it('fits nine characters for anything up to ten hours', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 36e9, noNaN: true }), (micros) => formatDuration(micros).length <= 9));
  });
});

describe('shares', () => {
  it('says 0 % and 100 % only when that is exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 0, max: 1e9 }), (whole, some) => {
        const part = Math.min(some, whole);
        const text = formatShare(part, whole);
        expect(text === '0 %' || text === '0.0 %').toBe(part === 0);
        expect(text === '100 %' || text === '100.0 %').toBe(part === whole);
      }),
    );
  });

  it.each([
    [3, 1_000, '0.3 %'],
    [31, 1_000, '3.1 %'],
    [48, 100, '48 %'],
    [1, 100_000, '<0.1 %'],
    [99_999, 100_000, '>99.9 %'],
    [996, 1_000, '99.6 %'],
    [9_97, 10_000, '10 %'],
    [1, 0, missing],
  ])('writes %s of %s as %s', (part, whole, text) => expect(formatShare(part, whole)).toBe(text));
});

describe('rates and counts', () => {
  it.each([
    [4.2, '4.2/s'],
    [12_800, '12.8k/s'],
    [0.3, '18/min'],
    [999.7, '1.00k/s'],
    [0, '0/s'],
    [0.00001, '<1/h'],
    [0.999, '1.0/s'],
    [0.9949, '1.0/s'],
    [0.0166, '1.0/min'],
  ])('writes %s per second as %s', (rate, text) => expect(formatRate(rate)).toBe(text));

  it.each([
    [9_999, '9,999'],
    [12_400, '12.4k'],
    [3_070_000, '3.07M'],
    [999_999, '1.00M'],
  ])('writes the count %s as %s', (count, text) => expect(formatCount(count)).toBe(text));

  it('keeps every digit where it is asked to', () => expect(exactCount(1_234_567)).toBe('1,234,567'));

  it('keeps a rate within eight characters', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (rate) => formatRate(rate).length <= 8));
  });
});

describe('the slots of numbers that change', () => {
  /** Characters that a slot has; the figures are all of one width. */
  const slots = { duration: 9, percentile: 9, rate: 8, count: 6, share: 7 };

  it('hold every tick of any course, and none of them reads as nothing, everything or a full next unit', () => {
    const tick = fc.record({
      micros: fc.double({ min: 1, max: 36e9, noNaN: true }),
      rate: fc.double({ min: 1e-3, max: 1e9, noNaN: true }),
    });
    const whole = fc.integer({ min: 1, max: 1e9 });
    fc.assert(
      fc.property(tick, whole, whole, ({ micros, rate }, count, most) => {
        const part = Math.min(count, most);
        const texts = {
          duration: formatDuration(micros),
          percentile: formatPercentile(micros),
          rate: formatRate(rate),
          count: formatCount(count),
          share: formatShare(part, most),
        };
        for (const [kind, width] of Object.entries(slots)) expect(texts[kind as keyof typeof texts].length).toBeLessThanOrEqual(width);
        expect(Object.values(texts).join('|')).not.toMatch(/\b1000|\b60\.0 s|\b60\/(min|h)|(^|\|)0(\.0+)?( |\/|$|\|)/);
        if (part < most) expect(texts.share).not.toBe('100 %');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('words', () => {
  it('speaks units in full', () => {
    expect(sayDuration(182_000)).toBe('182 milliseconds');
    expect(sayRate(4.2)).toBe('4.2 requests per second');
    expect(sayShare(31, 1_000)).toBe('3.1 percent');
    expect(sayShare(1, 100_000)).toBe('under 0.1 percent');
  });
});
