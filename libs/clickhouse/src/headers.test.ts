import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseHeaders, type Header, longPeriods } from './headers.js';

const hour = 3_600;
const minute = (start: number, version: number): Header => [60, start, 0, version];
const slices = (from: number, to: number, version = 1): Header[] =>
  Array.from({ length: (to - from) / 10 }, (_, at) => [10, from + at * 10, 0, version]);

describe('the rows that are chosen for a range', () => {
  test('are whole minutes inside it and slices at its ends', () => {
    const chosen = chooseHeaders([...slices(50, 190), minute(0, 1), minute(60, 1), minute(120, 1)], { from: 50, to: 190 });
    expect(chosen.map(([period, start]) => [period, start])).toEqual([
      [10, 50],
      [60, 60],
      [60, 120],
      [10, 180],
    ]);
  });

  test('are no minute that is older than one of its slices', () => {
    const chosen = chooseHeaders([...slices(0, 50), [10, 50, 0, 2], minute(0, 1)], { from: 0, to: 60 });
    expect(chosen.every(([period]) => period === 10)).toBe(true);
    expect(chosen).toHaveLength(6);
  });

  test("are chosen shard by shard: one shard's late document costs the others nothing", () => {
    const late: Header[] = [
      [10, 0, 1, 5],
      [60, 0, 1, 4],
    ];
    const chosen = chooseHeaders([...slices(0, 60), minute(0, 1), ...late], { from: 0, to: 60 });
    expect(chosen).toEqual([minute(0, 1), [10, 0, 1, 5]]);
  });

  test('hold every slice of the range exactly once, and nothing outside it', () => {
    const version = fc.integer({ min: 1, max: 3 });
    const sliceVersions = fc.array(version, { minLength: 720, maxLength: 720 });
    const kept = fc.array(fc.boolean(), { minLength: 134, maxLength: 134 });
    const bound = fc.integer({ min: 0, max: 720 });
    fc.assert(
      fc.property(sliceVersions, kept, bound, bound, (versions, keep, one, other) => {
        const range = { from: Math.min(one, other) * 10, to: Math.max(one, other) * 10 };
        const all = versions.map((v, at): Header => [10, at * 10, 0, v]);
        const long = longPeriods.flatMap((period) =>
          Array.from({ length: (2 * hour) / period }, (_, at): Header => [period, at * period, 0, 2]),
        );
        const headers = [...all, ...long.filter((_, at) => keep[at % keep.length])].filter(
          ([, start]) => start >= range.from && start < range.to,
        );
        const held = chooseHeaders(headers, range).flatMap(([period, start]) => slices(start, start + period).map(([, at]) => at));
        expect(held.toSorted((a, b) => a - b)).toEqual(slices(range.from, range.to).map(([, at]) => at));
      }),
      { numRuns: 50 },
    );
  });
});
