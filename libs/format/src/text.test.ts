import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visibleText } from './text.js';

const turns = [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069].map((code) => String.fromCharCode(code));

test('whatever turns the direction round is written out, and nothing else is changed', () => {
  const anything = fc
    .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...turns)), { maxLength: 20 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(anything, (text) => {
      const visible = visibleText(text);
      expect(turns.some((turn) => visible.includes(turn))).toBe(false);
      expect(visible.replace(/⟨U\+(20[26][\dA-E])⟩/g, '')).toBe(text.replace(/⟨U\+(20[26][\dA-E])⟩|[\u202A-\u202E\u2066-\u2069]/g, ''));
    }),
  );
});

test('right-to-left names stay as they are written', () => {
  for (const name of ['שלום-API', 'خدمة\u200F(1)', 'a\u200Eb', '日本語 🚀']) expect(visibleText(name)).toBe(name);
  expect(visibleText('invoice\u202Efdp.exe')).toBe('invoice⟨U+202E⟩fdp.exe');
});
