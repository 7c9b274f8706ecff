import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignedRange, hasPeriod, isPeriod } from './periods.js';

const day = 86_400;
const now = Date.parse('2027-01-15T08:01:23Z') / 1_000;
const at = (text: string) => Date.parse(`2027-01-15T${text}Z`) / 1_000;

describe('a period', () => {
  it.each([1, 5, 10, 20, 30, 60, 120, 300, 3_600, day, 7 * day])('may be %i s long', (seconds) => {
    expect(isPeriod(seconds)).toBe(true);
  });

  it.each([0, -60, 2, 15, 45, 59, 61, 90, 60.5, Number.NaN, Number.POSITIVE_INFINITY])('cannot be %f s long', (seconds) => {
    expect(isPeriod(seconds)).toBe(false);
  });
});

describe('what is still there', () => {
  it.each([
    [0, [1, 5, 10, 60, 300]],
    [3 * 3_600, [1, 10, 60]],
    [3 * 3_600 + 1, [60, 120]],
    [15 * day, [60, 120, 300]],
    [15 * day + 1, [300, 600, 3_600]],
    [63 * day, [300, 3_600]],
    [63 * day + 1, [3_600, 7_200, day]],
    [400 * day, [3_600, day]],
  ])('after %i s has its periods', (age, periods) => {
    const asked = [1, 5, 10, 60, 120, 300, 600, 3_600, 7_200, day];
    const there = asked.filter((period) => hasPeriod({ start: now - age, period }, now));
    expect(there).toEqual(expect.arrayContaining(periods));
    expect(there).toEqual(asked.filter((period) => period % Math.min(...there) === 0));
  });

  it('may begin ahead', () => {
    expect(hasPeriod({ start: now + 60, period: 1 }, now)).toBe(true);
  });
});

describe('a range', () => {
  const aligned = (start: string, end: string, period: number) => alignedRange({ start: at(start), end: at(end), period }, now);

  it.each([
    ['07:32:34', '07:35:00', 60, '07:32:00', '07:35:00'],
    ['07:32:34', '07:34:01', 60, '07:32:00', '07:35:00'],
    ['07:32:34', '07:34:01', 300, '07:30:00', '07:35:00'],
    ['07:32:34', '07:40:01', 300, '07:30:00', '07:45:00'],
    ['07:33:00', '07:35:00', 120, '07:32:00', '07:36:00'],
    ['07:59:59', '08:00:00', 3_600, '07:00:00', '08:00:00'],
    ['01:05:13', '01:05:23', 10, '01:05:10', '01:05:20'],
    ['01:05:10', '01:05:25', 10, '01:05:10', '01:05:30'],
    ['01:05:10', '01:05:11', 30, '01:05:00', '01:05:30'],
    ['01:05:13.7', '01:05:15.2', 1, '01:05:13', '01:05:15'],
  ])('from %s to %s in periods of %i s is from %s to %s', (start, end, period, from, to) => {
    expect(aligned(start, end, period)).toEqual({ start: at(from), end: at(to) });
  });

  it('begins at five minutes or at an hour when it is long ago, and with the day in UTC', () => {
    const start = (ago: number, period: number) => alignedRange({ start: now - ago, end: now, period }, now).start;
    expect(start(16 * day, 300)).toBe(at('08:00:00') - 16 * day);
    expect(start(64 * day, 3_600)).toBe(at('08:00:00') - 64 * day);
    expect(start(15 * day + 83 + 30, 60)).toBe(at('07:55:00') - 15 * day);
    expect(start(10, day)).toBe(at('00:00:00'));
  });

  it('is empty when it ends before it begins', () => {
    expect(aligned('07:32:34', '07:32:34', 60)).toEqual({ start: at('07:32:00'), end: at('07:32:00') });
    expect(aligned('07:32:34', '01:00:00', 60)).toEqual({ start: at('07:32:00'), end: at('07:32:00') });
  });

  it('is of whole periods that hold what was asked for, and no period more', () => {
    const period = fc.constantFrom(1, 5, 10, 20, 30, 60, 300, 420, 3_600, day);
    const asked = fc.record({ ago: fc.integer({ min: 0, max: 3 * 3_600 }), length: fc.integer({ min: 1, max: 100_000 }), period });
    fc.assert(
      fc.property(asked, ({ ago, length, period }) => {
        const range = { start: now - ago, end: now - ago + length, period };
        const { start, end } = alignedRange(range, now);
        expect(start % period).toBe(0);
        expect((end - start) % period).toBe(0);
        expect(range.start - start).toBeGreaterThanOrEqual(0);
        expect(range.start - start).toBeLessThan(period);
        expect(end - range.end).toBeLessThan(period);
        expect(end).toBeGreaterThanOrEqual(period < 60 ? range.end - period : range.end);
      }),
      { seed: Number(process.env.FLUOROSCOPE_SEED ?? 1) },
    );
  });
});
