import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Header, headersOf } from './history-reader.js';

const minute = 60;
const hour = 3_600;

describe('headersOf', () => {
  it('takes the row of a period where it is current, and says which are put together of shorter ones', () => {
    const found: Header[] = [
      [10, 0, 0, 5],
      [10, 10, 0, 6],
      [60, 0, 0, 6],
      [10, 60, 0, 9],
      [60, 60, 0, 8],
    ];
    const answer = headersOf(found, minute);
    expect(new Set(answer.headers)).toEqual(
      new Set([
        [60, 0, 0, 6],
        [10, 60, 0, 9],
      ]),
    );
    expect(answer.incomplete).toEqual([60]);
  });

  it('never takes a row that is longer than the period', () => {
    const found: Header[] = [
      [10, 0, 0, 1],
      [60, 0, 0, 1],
      [3_600, 0, 0, 1],
    ];
    expect(headersOf(found, 10)).toEqual({ headers: [[10, 0, 0, 1]], incomplete: [] });
    expect(headersOf(found, minute).headers).toEqual([[60, 0, 0, 1]]);
  });

  it('counts every slice of every shard once, by rows that are not older than it', () => {
    const version = fc.integer({ min: 1, max: 4 });
    const shard = fc.integer({ min: 0, max: 1 });
    const rowOf = (length: number, most: number) =>
      fc.tuple(fc.constant(length), fc.integer({ min: 0, max: most }), shard, version).map(([l, n, s, v]): Header => [l, n * l, s, v]);
    const rows = fc.uniqueArray(fc.oneof(rowOf(10, 720), rowOf(minute, 120), rowOf(600, 12), rowOf(hour, 2)), {
      selector: ([length, start, on]) => `${length} ${start} ${on}`,
      maxLength: 300,
    });
    fc.assert(
      fc.property(rows, fc.constantFrom(10, minute, hour), (found, period) => {
        const { headers, incomplete } = headersOf(found, period);
        for (const [length, start, on, newest] of found) {
          if (length !== 10) continue;
          const holders = headers.filter(([l, begin, s]) => s === on && begin <= start && start < begin + l);
          expect(holders).toHaveLength(1);
          expect(holders[0]?.[3]).toBeGreaterThanOrEqual(newest);
          expect(holders[0]?.[0]).toBeLessThanOrEqual(period);
          const begin = Math.floor(start / period) * period;
          if (holders[0]?.[0] !== period) expect(incomplete).toContain(begin);
        }
      }),
      { numRuns: 200 },
    );
  });
});
