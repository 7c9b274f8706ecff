import type { ShardRows } from '@fluoroscope/contract/graph';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { expect, it } from 'vitest';
import { StoredSlices } from './stored-slices.js';

const slice = Math.floor(Date.now() / 1000 / sliceSeconds);

/** What was begun is answered when, and as, the test says. */
function slowReads() {
  const answers: ((rows: ShardRows[]) => void)[] = [];
  const told: ShardRows[] = [];
  const slices = new StoredSlices({
    graph: { slices: () => new Promise((resolve) => answers.push(resolve)) },
    shard: 0,
    isAheadOfStorage: () => false,
    publish: (rows) => told.push(...rows),
    logger: { warn: () => {} },
  });
  return { answers, told, slices };
}

function rowsWith(nodes: number): ShardRows[] {
  const names = Array.from({ length: nodes }, (_, n) => `service ${n}`);
  return [{ slice, shard: 0, stored: true, nodes: names.map((name) => [name, '', '', true, false, [1, 0, 0, 0, 0, 1, []]]), edges: [] }];
}

it('takes nothing back when an older read of a slice comes after a newer one', async () => {
  const { answers, told, slices } = slowReads();
  slices.tell(slice);
  slices.tell(slice);
  answers[1]?.(rowsWith(2));
  await Promise.resolve();
  answers[0]?.(rowsWith(1));
  await new Promise(setImmediate);
  expect(told).toEqual(rowsWith(2));
});

it('tells each time that a slice is put in place, and that nothing is left of it', async () => {
  const { answers, told, slices } = slowReads();
  slices.tell(slice);
  answers[0]?.(rowsWith(1));
  await new Promise(setImmediate);
  slices.tell(slice);
  answers[1]?.([]);
  await new Promise(setImmediate);
  expect(told).toEqual([...rowsWith(1), ...rowsWith(0)]);
});
