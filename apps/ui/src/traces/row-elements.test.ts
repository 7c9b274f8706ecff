import { expect, test } from 'vitest';
import { RowElements } from './row-elements.js';
import { rowOf } from './row-fixture.js';

const rows = Array.from({ length: 20 }, (_, number) => rowOf(number));
const placed = (of: typeof rows, from: number, count: number) => of.slice(from, from + count).map((row, at) => ({ row, index: from + at }));

test('elements go from row to row while the list scrolls, and a row keeps its own', () => {
  const elements = new RowElements();
  const before = elements.mount(placed(rows, 0, 5), rows);
  const after = elements.mount(placed(rows, 2, 5), rows);
  expect(new Set(after.map(({ key }) => key))).toEqual(new Set(before.map(({ key }) => key)));
  for (const { row, key } of before.slice(2)) expect(after.find((one) => one.row === row)?.key).toBe(key);
});

test('a row that arrives while the list stands still gets a new element', () => {
  const elements = new RowElements();
  const before = elements.mount(placed(rows, 1, 5), rows);
  const more = [rowOf(99), ...rows.slice(1)];
  const after = elements.mount(placed(more, 0, 5), more);
  const known = new Set(before.map(({ key }) => key));
  expect(after.filter(({ key }) => !known.has(key)).map(({ row }) => row)).toEqual([more[0]]);
});
