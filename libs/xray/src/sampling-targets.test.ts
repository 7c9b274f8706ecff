import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boostRate, divideReservoir } from './sampling-targets.js';

const divide = (size: number, rates: number[]) => [
  ...divideReservoir(
    size,
    rates.map((rate, n) => ({ clientId: String.fromCharCode(97 + n), rate })),
  ),
];
const quotas = (size: number, rates: number[]) =>
  divide(size, rates)
    .sort()
    .map(([, quota]) => quota);

describe('the division of a reservoir', () => {
  it('gives all of it, in whole requests, whoever asks for how much', () => {
    const clients = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 60 });
    const rate = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(100), fc.nat(2 ** 31 - 1)),
        clients,
        fc.array(rate, { minLength: 60, maxLength: 60 }),
        (size, ids, rates) => {
          const demands = ids.map((clientId, n) => ({ clientId, rate: rates[n] ?? 0 }));
          const given = [...divideReservoir(size, demands).values()];
          expect(given).toHaveLength(ids.length);
          expect(given.every((quota) => Number.isInteger(quota) && quota >= 0)).toBe(true);
          expect(given.reduce((sum, quota) => sum + quota, 0)).toBe(size);
        },
      ),
    );
  });

  it('is the same in whatever order clients are known', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.array(fc.nat(20), { maxLength: 12 }), (size, rates) => {
        const demands = rates.map((rate, n) => ({ clientId: `client ${n}`, rate }));
        expect(divideReservoir(size, [...demands].reverse())).toEqual(divideReservoir(size, demands));
      }),
    );
  });

  it.each([
    ['evenly where all ask for more', 10, [50, 50], [5, 5]],
    ['evenly where one asks for much more', 10, [1_000, 50], [5, 5]],
    ['and gives nobody what only others can use', 10, [1_000, 2], [8, 2]],
    ['with what is left over to the first', 10, [30, 20, 10], [4, 3, 3]],
    ['to one client as a whole', 7, [0], [7]],
    ['with 0 for those that it does not reach', 2, [0.5, 30, 20, 9], [0, 1, 1, 0]],
    ['by the order of IDs where clients are alike', 2, [5, 5, 5, 5], [1, 1, 0, 0]],
    ['not at all when there is none', 0, [5, 5], [0, 0]],
    ['not to clients that hardly ask, when others are short of it', 50, [100, ...Array(49).fill(0.1)], [50, ...Array(49).fill(0)]],
  ])('goes %s', (_, size, rates, expected) => {
    expect(quotas(size, rates)).toEqual(expected);
  });

  it('leaves everyone room above what it makes, the busier ones more', () => {
    const [quiet = 0, busy = 0] = quotas(100, [1, 25]);
    expect(quiet).toBeGreaterThan(10);
    expect(busy).toBeGreaterThan(25 + quiet);
  });
});

describe('a boost', () => {
  it.each([
    [{ anomalies: 0, sampled: 0 }, null],
    [{ anomalies: 5, sampled: 5 }, null],
    [{ anomalies: 2, sampled: 0 }, 0.8],
    [{ anomalies: 20, sampled: 1 }, 0.5],
    [{ anomalies: 1_000, sampled: 1 }, null],
  ])('for %j is %j', (anomalies, expected) => {
    expect(boostRate(anomalies, { fixedRate: 0.05, maxRate: 0.8 })).toBe(expected);
  });
});
