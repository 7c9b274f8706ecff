import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { flattenDocument } from '@fluoroscope/xray/entities';
import { traceRow } from '@fluoroscope/xray/trace-row';
import { expect, test } from 'vitest';
import { LiveTraceFold } from './live-traces.js';

const nowMs = 1_800_000_000_000;
const traceIdOf = (n: number) => `1-6b49d200-${n.toString(16).padStart(24, '0')}`;

function segment(trace: number, members: Partial<SegmentDocument> = {}): SegmentDocument {
  const start = nowMs / 1000 + trace / 1e4;
  return { id: 'a'.repeat(16), trace_id: traceIdOf(trace), name: 'shop', start_time: start, end_time: start + 0.1, ...members };
}

function watching(): LiveTraceFold {
  const fold = new LiveTraceFold();
  fold.watch({ rows: true, traces: [] }, nowMs);
  return fold;
}

function add(fold: LiveTraceFold, document: SegmentDocument, atMs = nowMs): void {
  fold.add({ text: JSON.stringify(document), flat: flattenDocument(document), nowMs: atMs });
}

const child = { id: 'b'.repeat(16), parent_id: 'a'.repeat(16), name: 'cart' };

test('says nothing while nobody looks', () => {
  const fold = new LiveTraceFold();
  add(fold, segment(1));
  expect(fold.drain(nowMs)).toBeNull();
});

test('gives out the row of all documents so far, once for each change', () => {
  const fold = watching();
  add(fold, segment(1));
  expect(fold.drain(nowMs)?.rows).toEqual([traceRow([segment(1)])]);
  expect(fold.drain(nowMs)).toBeNull();
  add(fold, segment(1, child));
  expect(fold.drain(nowMs)?.rows).toEqual([traceRow([segment(1), segment(1, child)])]);
});

test('waits for a root a while, and shows the trace without it then', () => {
  const fold = watching();
  add(fold, segment(1, child));
  expect(fold.drain(nowMs + 1_000)).toBeNull();
  expect(fold.drain(nowMs + 2_000)?.rows).toEqual([traceRow([segment(1, child)])]);
});

test('shows 25 rows a tick: failures and what is in progress first, then the newest, and counts the rest', () => {
  const fold = watching();
  for (let n = 0; n < 100; n++) add(fold, segment(n, n === 3 ? { fault: true } : {}));
  add(fold, segment(4, { id: 'c'.repeat(16), end_time: undefined, in_progress: true } as Partial<SegmentDocument>));
  const { rows, leftOut } = fold.drain(nowMs) ?? { rows: [], leftOut: 0 };
  expect(rows.map(({ traceId }) => traceId)).toEqual([4, 3, ...Array.from({ length: 23 }, (_, n) => 99 - n)].map(traceIdOf));
  expect(leftOut).toBe(75);
});

test('leaves to storage what began before anybody looked', () => {
  const fold = watching();
  add(fold, segment(1, { start_time: nowMs / 1000 - 1 }));
  add(fold, segment(1, child));
  expect(fold.drain(nowMs)).toEqual({ rows: [], leftOut: 0, unseen: 1, arrived: [], stored: [] });
});

test('leaves a trace that did not fit to storage for good', () => {
  const fold = watching();
  for (let n = 0; n < 26; n++) add(fold, segment(n));
  fold.drain(nowMs);
  add(fold, segment(0, child));
  add(fold, segment(1, child));
  expect(fold.drain(nowMs)).toMatchObject({ rows: [{ traceId: traceIdOf(1), documents: 2 }], leftOut: 0, unseen: 1 });
});

test('forgets a trace after a minute, and does not show a part of it then', () => {
  const fold = watching();
  add(fold, segment(1));
  fold.drain(nowMs);
  add(fold, segment(2, { start_time: nowMs / 1000 + 61 }), nowMs + 61_000);
  expect(fold.drain(nowMs + 61_000)).toMatchObject({ rows: [{ traceId: traceIdOf(2) }], leftOut: 0 });
  add(fold, segment(1, child), nowMs + 62_000);
  expect(fold.drain(nowMs + 62_000)).toMatchObject({ rows: [], leftOut: 0, unseen: 1 });
});

test('remembers what is in progress for longer', () => {
  const fold = watching();
  add(fold, segment(1, { end_time: undefined, in_progress: true } as Partial<SegmentDocument>));
  fold.drain(nowMs);
  add(fold, segment(2, { start_time: nowMs / 1000 + 61 }), nowMs + 61_000);
  add(fold, segment(1, child), nowMs + 62_000);
  expect(fold.drain(nowMs + 62_000)?.rows.find(({ traceId }) => traceId === traceIdOf(1))?.documents).toBe(2);
});

test('tells of an open trace when its documents arrive, and when they are stored', () => {
  const fold = new LiveTraceFold();
  fold.watch({ rows: false, traces: [traceIdOf(1)] }, nowMs);
  for (const n of [1, 1, 2]) add(fold, segment(n));
  expect(fold.drain(nowMs)).toEqual({ rows: [], leftOut: 0, unseen: 0, arrived: [traceIdOf(1)], stored: [] });
  fold.noteStored([1, 2].map((n) => ({ traceId: traceIdOf(n) })));
  expect(fold.drain(nowMs)).toEqual({ rows: [], leftOut: 0, unseen: 0, arrived: [], stored: [traceIdOf(1)] });
  expect(fold.drain(nowMs)).toBeNull();
});
