import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entityIdOf, hex32, normalizeEntityId, normalizeTraceId } from './ids.js';

test('normalises IDs to lower case and refuses what is not one', () => {
  expect(normalizeEntityId('ABCDEFabcdef0123')).toBe('abcdefabcdef0123');
  expect(['', 'g'.repeat(16), '1'.repeat(15), '1'.repeat(17)].map(normalizeEntityId)).toEqual([null, null, null, null]);
  expect(normalizeTraceId('1-6B49D200-6312E05EB59A7B9055D4081A')).toBe('1-6b49d200-6312e05eb59a7b9055d4081a');
  expect(['1-6b49d200-6312e05eb59a7b9055d408', '2-6b49d200-6312e05eb59a7b9055d4081a'].map(normalizeTraceId)).toEqual([null, null]);
});

test('two numbers are an entity ID and back', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (high, low) => {
      const id = entityIdOf(high, low);
      expect([hex32(id, 0), hex32(id, 8)]).toEqual([high, low]);
      expect(normalizeEntityId(id)).toBe(id);
    }),
  );
});

test('answers -1 for digits that are not hex, or missing', () => {
  expect([hex32('0000000g', 0), hex32('1234567', 0), hex32('', 0), hex32('0000000\u0161', 0)]).toEqual([-1, -1, -1, -1]);
});
