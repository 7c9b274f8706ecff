import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgeAddress, nodeAddress } from './address.js';

const part = fc.string({ unit: fc.constantFrom('a', '|', '>', '%', '7', 'C', ' ', 'é') });
const key = fc.record({ name: part, type: part, accountId: part });

describe('addresses', () => {
  it('leave a plain name as it is', () => {
    expect(nodeAddress({ name: 'checkout-api', type: '', accountId: '' })).toBe('checkout-api');
    expect(nodeAddress({ name: 'pay', type: 'AWS::Lambda', accountId: '' })).toBe('pay|AWS::Lambda');
  });

  it('differ for different nodes and edges', () => {
    fc.assert(
      fc.property(key, key, key, key, (a, b, c, d) => {
        const first = edgeAddress(nodeAddress(a), nodeAddress(b));
        const second = edgeAddress(nodeAddress(c), nodeAddress(d));
        const same = JSON.stringify([a, b]) === JSON.stringify([c, d]);
        expect(first === second).toBe(same);
      }),
      { numRuns: 300 },
    );
  });
});
