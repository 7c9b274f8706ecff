import type { SegmentDocument, SubsegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { criticalPathOf } from './critical-path.js';
import { ownTimeOf } from './self-time.js';
import { viewTrace } from './trace-view.js';
import { groupFigures } from './visible-rows.js';
import { type Waterfall, waterfallOf } from './waterfall.js';

const start = 1_800_000_000;
const idOf = (n: number) => n.toString(16).padStart(16, '0');

/** Of one segment of 1,000 ms and its subsegments, each from a millisecond to another. */
function rowsOf(subsegments: [from: number, to: number][], names = (n: number) => `work-${n}`): Waterfall {
  const root: SegmentDocument = { id: idOf(0), trace_id: '1-6b49d200-6312e05eb59a7b9055d4081a', name: 'root', start_time: start };
  const embedded = subsegments.map(([from, to], n): SubsegmentDocument => {
    return { id: idOf(n + 1), name: names(n), start_time: start + from / 1000, end_time: start + to / 1000 };
  });
  return waterfallOf(viewTrace([{ ...root, end_time: start + 1, subsegments: embedded }])).waterfall;
}
/** Milliseconds, by row. */
const pathOf = (rows: Waterfall): number[][] => {
  const { row, start: from, end } = criticalPathOf(rows);
  return Array.from(row, (one, i) => [one, (from[i] ?? 0) / 1000, (end[i] ?? 0) / 1000]);
};

test('follows what finished last, and what had finished before that began', () => {
  const path = pathOf(
    rowsOf([
      [100, 300],
      [150, 250],
      [400, 900],
    ]),
  );
  expect(path).toEqual([
    [0, 0, 100],
    [0, 300, 400],
    [0, 900, 1000],
    [1, 100, 300],
    [3, 400, 900],
  ]);
});

test('what was still running when the next began held nothing up', () => {
  expect(
    pathOf(
      rowsOf([
        [0, 700],
        [500, 1000],
      ]),
    ),
  ).toEqual([
    [0, 0, 500],
    [2, 500, 1000],
  ]);
});

test('a child that outlives its parent counts until the parent ended', () => {
  expect(pathOf(rowsOf([[200, 1400]]))).toEqual([
    [0, 0, 200],
    [1, 200, 1000],
  ]);
});

test('members of a group are on the path themselves', () => {
  const rows = rowsOf(
    Array.from({ length: 5 }, (_, n) => [n * 200, n * 200 + 200]),
    () => 'read',
  );
  expect(pathOf(rows).map(([row]) => row)).toEqual([2, 3, 4, 5, 6]);
});

test('self time is what no child covers, and long gaps are named', () => {
  const { self, gaps } = ownTimeOf(
    rowsOf([
      [100, 300],
      [200, 400],
      [460, 980],
    ]),
  );
  expect(self[0]).toBeCloseTo(180_000, 0);
  expect([...gaps.start].map(Math.round)).toEqual([0, 400_000]);
  expect([...gaps.duration].map(Math.round)).toEqual([100_000, 60_000]);
});

test('a group adds up its members', () => {
  const rows = rowsOf(
    Array.from({ length: 20 }, (_, n) => [n * 10, n * 10 + n + 1]),
    () => 'read',
  );
  expect(groupFigures(rows, 1)).toMatchObject({ count: 20, outcomes: [20, 0, 0, 0] });
  expect(groupFigures(rows, 1).p95Micros).toBeCloseTo(19_000, -1);
});
