import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeClientMs, Reservoir } from './sampling-targets.js';

describe('a reservoir', () => {
  it('is divided evenly, without a rest, whoever reports in what order', () => {
    const clients = fc.uniqueArray(fc.string({ minLength: 24, maxLength: 24 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.nat(100), clients, (size, ids) => {
        const reservoir = new Reservoir(size);
        for (const id of ids) reservoir.report(id, 0);
        const quotas = ids.map((id) => reservoir.quotaOf(id));
        expect(quotas.reduce((sum, quota) => sum + quota, 0)).toBe(size);
        expect(Math.max(...quotas) - Math.min(...quotas)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is taken from who has not reported for 30 seconds', () => {
    const reservoir = new Reservoir(1);
    reservoir.report('a', 0);
    reservoir.report('b', 1_000);
    expect([reservoir.quotaOf('a'), reservoir.quotaOf('b')]).toEqual([1, 0]);
    reservoir.report('b', activeClientMs);
    expect([reservoir.quotaOf('a'), reservoir.quotaOf('b')]).toEqual([0, 1]);
    expect(reservoir.forgotten).toBe(0);
  });

  it('knows a bounded number of clients, and counts whom it forgets', () => {
    const reservoir = new Reservoir(5, 3);
    for (const id of ['a', 'b', 'c', 'd']) reservoir.report(id, 0);
    expect(reservoir.forgotten).toBe(1);
    expect(reservoir.quotaOf('a')).toBe(0);
  });
});
