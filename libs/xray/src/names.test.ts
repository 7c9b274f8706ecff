import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isName, nodeName } from './names.js';

test('the table for ASCII agrees with the rule for every script', () => {
  const rule = /^[\p{L}\p{N}\s_.:/%&#=+\\\-@]{1,200}$/u;
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 5 }), (text) => isName(text) === rule.test(text)),
    { numRuns: 2_000 },
  );
});

test('a node name is well formed, bounded and free of NUL, and stays as it is when it was so before', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fc.nat(0xffff), { maxLength: 300 }).map((codes) => String.fromCharCode(...codes)),
      ),
      (text) => {
        const name = nodeName(text);
        expect(name).not.toMatch(/\0|\p{Surrogate}/u);
        expect(name.length).toBeLessThanOrEqual(250);
        expect(nodeName(name)).toBe(name);
        expect(new TextDecoder().decode(new TextEncoder().encode(name))).toBe(name);
      },
    ),
  );
  expect([nodeName(null), nodeName({}), nodeName(42)]).toEqual(['', '', '42']);
});
