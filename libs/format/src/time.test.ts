import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAge, formatClock, formatDay, formatMoment, formatRange, formatSpan, isoInstant, saySpan, zoneName } from './time.js';

const at = (text: string) => Date.parse(text);
const now = { nowMs: at('2026-11-21T14:40:00Z'), zone: 'utc' } as const;

describe('moments', () => {
  it('are written to the minute, second or millisecond', () => {
    const moment = at('2026-11-21T00:03:22.418Z');
    expect(formatClock(moment, { zone: 'utc', precision: 'minute' })).toBe('00:03');
    expect(formatClock(moment, { zone: 'utc' })).toBe('00:03:22');
    expect(formatClock(moment, { zone: 'utc', precision: 'ms' })).toBe('00:03:22.418');
  });

  it.each([
    ['2026-11-21T14:03:22Z', '14:03:22'],
    ['2026-11-20T14:03:22Z', 'Nov 20 14:03'],
    ['2025-11-21T14:03:22Z', 'Nov 21 2025 14:03'],
  ])('have as much of the day as %s needs', (text, written) => {
    expect(formatMoment(at(text), now)).toBe(written);
  });

  it('have a day of their own', () => {
    expect(formatDay(at('2026-01-02T00:00:00Z'), now)).toBe('Jan 2');
  });

  it('have a width that does not depend on when', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: at('2100-01-01') }), (moment) => {
        expect(formatClock(moment, { zone: 'utc', precision: 'ms' })).toMatch(/^([01]\d|2[0-3])(:[0-5]\d){2}\.\d{3}$/);
        expect(formatClock(moment, { zone: 'utc', precision: 'ms' })).toBe(isoInstant(moment).slice(11, 23));
      }),
    );
  });

  it('name their zone', () => {
    expect(zoneName(now.nowMs, 'utc')).toBe('UTC');
    expect(zoneName(now.nowMs, 'local')).not.toBe('');
  });
});

describe('ranges', () => {
  it.each([
    ['2026-11-21T14:00:00Z', '2026-11-21T14:30:00Z', '14:00–14:30'],
    ['2026-11-21T14:00:10Z', '2026-11-21T14:30:00Z', '14:00:10–14:30:00'],
    ['2026-11-20T14:00:00Z', '2026-11-20T14:30:00Z', 'Nov 20 14:00–14:30'],
    ['2026-11-19T23:50:00Z', '2026-11-20T00:10:00Z', 'Nov 19 23:50 – Nov 20 00:10'],
    ['2026-11-20T23:50:00Z', '2026-11-21T00:10:00Z', 'Nov 20 23:50 – Nov 21 00:10'],
  ])('from %s to %s say no more than they need', (from, to, written) => {
    expect(formatRange({ fromMs: at(from), toMs: at(to) }, now)).toBe(written);
  });
});

describe('spans', () => {
  it.each([
    [0, '0 s', '0 seconds'],
    [1, '1 s', '1 second'],
    [90, '90 s', '90 seconds'],
    [60, '1 m', '1 minute'],
    [300, '5 m', '5 minutes'],
    [3_600, '1 h', '1 hour'],
    [5_400, '1 h 30 m', '1 hour 30 minutes'],
    [172_800, '2 d', '2 days'],
  ])('of %s seconds are written %s and spoken %s', (seconds, written, spoken) => {
    expect([formatSpan(seconds), saySpan(seconds)]).toEqual([written, spoken]);
  });

  it('say exactly what they are', () => {
    const sizes: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 * 86_400 }), (seconds) => {
        const parts = [...formatSpan(seconds).matchAll(/(\d+) ([smhd])/g)];
        expect(parts.reduce((sum, [, value, unit]) => sum + Number(value) * (sizes[unit ?? ''] ?? 0), 0)).toBe(seconds);
      }),
    );
  });
});

describe('ages', () => {
  it.each([
    [400, '0.4 s'],
    [9_960, '10 s'],
    [59_600, '1 m'],
    [7_200_000, '2 h'],
  ])('of %s ms are written %s', (ms, text) => expect(formatAge(ms)).toBe(text));

  it('never read 60 s or 60 m', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), (ms) => {
        expect(formatAge(ms)).not.toMatch(/^60 [sm]|^10\.0/);
      }),
    );
  });
});
