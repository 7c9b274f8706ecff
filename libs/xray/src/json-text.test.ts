import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText } from './json-text.js';

test('writes what JSON.stringify writes, deep inside a value that is too deep for it', () => {
  const levels = 20_000;
  const open = '{"a":['.repeat(levels);
  const close = ']}'.repeat(levels);
  fc.assert(
    fc.property(fc.json(), (text) => {
      const inner = JSON.stringify(JSON.parse(text));
      const deep: unknown = JSON.parse(open + inner + close);
      expect(() => JSON.stringify(deep)).toThrow(RangeError);
      expect(jsonText(deep)).toBe(open + inner + close);
    }),
    { numRuns: 20 },
  );
});

test('leaves out members that are undefined, and writes null for holes in lists', () => {
  let value: unknown = { a: undefined, b: [undefined, 1], c: {} };
  const expected = JSON.stringify(value);
  for (let level = 0; level < 20_000; level++) value = [value];
  expect(jsonText(value)).toBe('['.repeat(20_000) + expected + ']'.repeat(20_000));
});
