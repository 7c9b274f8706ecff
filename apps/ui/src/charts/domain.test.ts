import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Domain, niceTop } from './domain.js';

const amounts = fc.double({ min: 1e-6, max: 1e9, noNaN: true });

describe('the top of an axis', () => {
  it('is a round number that holds everything, and not much more', () => {
    fc.assert(
      fc.property(amounts, (value) => {
        const top = niceTop(value);
        expect(top).toBeGreaterThanOrEqual(value * (1 - 1e-6));
        expect(top).toBeLessThanOrEqual(value * 2.01);
      }),
    );
  });

  it('grows at once', () => {
    const domain = new Domain();
    expect(domain.follow(10, 0, false)).toBe(10);
    expect(domain.follow(11, 1, true)).toBe(20);
  });

  it('shrinks after half a minute of low values, unless somebody reads it', () => {
    const domain = new Domain();
    domain.follow(100, 0, false);
    expect(domain.follow(20, 1_000, false)).toBe(100);
    expect(domain.follow(20, 30_999, false)).toBe(100);
    expect(domain.follow(20, 31_000, true)).toBe(100);
    expect(domain.follow(20, 31_001, false)).toBe(20);
  });

  it('waits again after every high value', () => {
    const domain = new Domain();
    domain.follow(100, 0, false);
    domain.follow(20, 1_000, false);
    domain.follow(90, 20_000, false);
    domain.follow(20, 21_000, false);
    expect(domain.follow(20, 40_000, false)).toBe(100);
  });
});
