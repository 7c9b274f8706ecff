import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedRate, isUnusual, notableRate, unusualShare } from './fault-rates.js';

/** As the definition has it: of all numbers of faults from `faults` on, the products of the rising factors. */
function chanceOfAtLeast(faults: number, requests: number, { a, b }: { a: number; b: number }): number {
  const rising = (from: number, times: number) => Array.from({ length: times }, (_, i) => from + i).reduce((product, x) => product * x, 1);
  const choose = (k: number) => Array.from({ length: k }, (_, i) => (requests - i) / (i + 1)).reduce((product, x) => product * x, 1);
  let sum = 0;
  for (let k = faults; k <= requests; k++) sum += (choose(k) * rising(a, k) * rising(b, requests - k)) / rising(a + b, requests);
  return sum;
}

describe('a number of faults', () => {
  it.each([
    { expected: { requests: 0, faults: 0 }, requests: 12 },
    { expected: { requests: 900, faults: 2 }, requests: 30 },
    { expected: { requests: 10_000, faults: 100 }, requests: 40 },
    { expected: { requests: 1_000, faults: 500 }, requests: 25 },
  ])('of $requests is unusual when it is as unlikely as that, and matters: $expected', ({ expected, requests }) => {
    const mean = expectedRate(expected);
    const a = Math.min(expected.faults + 0.5, 6);
    for (const chance of [1e-2, 1e-4, 1e-7])
      for (let faults = 0; faults <= requests; faults++) {
        const isUnlikely = chanceOfAtLeast(faults, requests, { a, b: (a * (1 - mean)) / mean }) < chance;
        const matters = faults >= 3 && faults >= notableRate(expected) * requests;
        expect(isUnusual({ requests, faults }, expected, chance), `${faults} at ${chance}`).toBe(isUnlikely && matters);
      }
  });

  it('is unusual from the share on that is drawn as the bound of what is expected', () => {
    const counts = fc.record({ requests: fc.integer({ min: 1, max: 1_000_000 }), share: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(counts, fc.integer({ min: 0, max: 100_000 }), ({ requests: seen, share }, requests) => {
        const expected = { requests: seen, faults: Math.floor(share * seen) };
        const bound = Math.round(unusualShare(requests, expected) * requests);
        expect(isUnusual({ requests, faults: bound - 1 }, expected)).toBe(false);
        if (bound < requests) expect(isUnusual({ requests, faults: bound }, expected)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
