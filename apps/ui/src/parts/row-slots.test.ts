import { expect, test } from 'vitest';
import { RowSlots } from './row-slots.js';

const ids = (from: number, count: number) => Array.from({ length: count }, (_, i) => `row${from + i}`);

test('a row keeps its element while it is wanted, and new rows take those that are free', () => {
  const slots = new RowSlots();
  expect([...slots.assign(ids(0, 4))]).toEqual([0, 1, 2, 3]);
  expect([...slots.assign(ids(2, 4))]).toEqual([2, 3, 0, 1]);
  expect([...slots.assign(['row2', ...ids(100, 3)])]).toEqual([1, 2, 0, 3]);
});

test('never mounts more elements than rows were wanted at once', () => {
  const slots = new RowSlots();
  for (let from = 0; from < 5_000; from += 7) expect(slots.assign(['focused', ...ids(from, 40)]).length).toBeLessThanOrEqual(41);
  expect(slots.assign([])).toHaveLength(0);
});
