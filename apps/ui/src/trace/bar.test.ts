import type { Waterfall } from '@fluoroscope/xray/waterfall';
import { expect, test } from 'vitest';
import { barOf, lowerBound, stretchesOfRow, timeGradient } from './bar.js';

const range = { from: 100, to: 200 };
/** A parent from 0 to 1000 with one child from 250 to 500. */
const rows = (kind: number) =>
  ({ count: 2, kind: [kind, 3], start: [0, 250], duration: [1000, 250], subtreeEnd: [2, 2], parent: [-1, 0] }) as unknown as Waterfall;

test('a bar lies where its time is, and ends a little outside of what is looked at', () => {
  expect(barOf(120, 170, range)).toEqual({ left: 20, width: 50, outside: null });
  expect(barOf(0, 1_000_000, range)).toEqual({ left: -1, width: 102, outside: null });
  expect(barOf(150, 150, range)).toEqual({ left: 50, width: 0, outside: null });
  expect([barOf(0, 90, range).outside, barOf(210, 300, range).outside]).toEqual(['before', 'after']);
});

test('is solid where the row worked itself, and of a group where any member ran', () => {
  const whole = { from: 0, to: 1000 };
  expect(timeGradient(rows(1), 0, whole)).toContain(
    'var(--solid) 0.00%, var(--solid) 25.00%, transparent 25.00%, transparent 50.00%, var(--solid) 50.00%',
  );
  expect(timeGradient(rows(4), 0, whole)).toContain('transparent 25.00%, var(--solid) 25.00%, var(--solid) 50.00%, transparent 50.00%');
  expect(timeGradient(rows(1), 1, { from: 600, to: 700 })).toBe('none');
});

test('finds the stretches of one row in a list sorted by row', () => {
  const list = { row: Int32Array.of(0, 2, 2, 5), start: Float64Array.of(1, 2, 3, 4) };
  expect([0, 1, 2, 3, 6].map((row) => lowerBound(list.row, row))).toEqual([0, 1, 1, 3, 4]);
  expect(stretchesOfRow(list, (i) => i * 10, 2)).toEqual([
    [2, 10],
    [3, 20],
  ]);
});
