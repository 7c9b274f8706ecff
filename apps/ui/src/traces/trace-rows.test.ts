import type { TraceRow } from '@fluoroscope/contract/traces';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowOf } from './row-fixture.js';
import { betterOf, newestFirst, TraceRows } from './trace-rows.js';

/** A few traces, each seen in several versions. */
const versions = fc.record({
  number: fc.integer({ min: 0, max: 20 }),
  documents: fc.integer({ min: 1, max: 3 }),
  inProgress: fc.boolean(),
  durationMicros: fc.constantFrom(10, 20),
  outcome: fc.constantFrom('ok' as const, 'fault' as const),
});
const row = versions.map(({ number, ...fields }) => rowOf(number, { ...fields, responseMicros: fields.inProgress ? null : 10 }));
const rows = fc.array(row, { maxLength: 12 });
const step = fc.record({ kind: fc.constantFrom('live' as const, 'page' as const, 'place' as const), rows });

function feed(list: TraceRows, { kind, rows: some }: { kind: 'live' | 'page' | 'place'; rows: TraceRow[] }): void {
  if (kind === 'live') list.accept(some);
  else if (kind === 'page') list.append(some);
  else list.place(newestFirst);
}

function heldBy(list: TraceRows): Map<string, TraceRow> {
  return new Map([...list.rows(), ...list.waitingRows()].map((one) => [one.traceId, one]));
}

describe('trace rows', () => {
  it('hold the same set, in the same versions, whatever the order of snapshots, deltas and pages', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.integer(), (steps, seed) => {
        const list = new TraceRows();
        const other = new TraceRows();
        for (const one of steps) feed(list, one);
        for (const one of shuffled(steps, seed)) feed(other, one);
        expect(heldBy(other)).toEqual(heldBy(list));
        expect(list.rows()).toHaveLength(new Set(list.rows().map(({ traceId }) => traceId)).size);
      }),
    );
  });

  it('never move what is placed: new ones come between, after or not at all', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const list = new TraceRows();
        for (const one of steps) {
          const before = list.rows().map(({ traceId }) => traceId);
          feed(list, one);
          const after = list.rows().map(({ traceId }) => traceId);
          if (one.kind === 'live') expect(after).toEqual(before);
          if (one.kind === 'page') expect(after.slice(0, before.length)).toEqual(before);
          const kept = new Set(before);
          expect(after.filter((id) => kept.has(id))).toEqual(before);
        }
      }),
    );
  });

  it('take the better version, and the same one both ways round', () => {
    fc.assert(
      fc.property(row, row, (left, right) => {
        expect(betterOf(left, right)).toEqual(betterOf(right, left));
      }),
    );
    const open = rowOf(1, { inProgress: true, responseMicros: null });
    expect(betterOf(open, rowOf(1))).toEqual(rowOf(1));
    expect(betterOf(rowOf(1), { ...open, documents: 2 })).toEqual({ ...open, documents: 2 });
  });

  it('finish a request in its place, even when it does not match the filter any more', () => {
    const list = new TraceRows();
    list.append([rowOf(2), rowOf(1, { inProgress: true, responseMicros: null }), rowOf(0)]);
    expect(list.accept([rowOf(1)], ({ inProgress }) => inProgress)).toBe(true);
    expect(list.rows()).toEqual([rowOf(2), rowOf(1), rowOf(0)]);
  });

  it('let wait only what matches', () => {
    const list = new TraceRows();
    const isFault = ({ outcome }: TraceRow) => outcome === 'fault';
    list.accept([rowOf(1), rowOf(2, { outcome: 'fault' })], isFault);
    expect(list.waiting).toBe(1);
    list.accept([rowOf(1, { outcome: 'fault', documents: 2 })], isFault);
    expect(list.waiting).toBe(2);
  });

  it('put what waits where the order wants it, and say what is new', () => {
    const list = new TraceRows();
    list.append([rowOf(5), rowOf(3)]);
    list.accept([rowOf(4), rowOf(6)]);
    expect(list.place(newestFirst)).toEqual([rowOf(6).traceId, rowOf(4).traceId]);
    expect(list.rows()).toEqual([6, 5, 4, 3].map((number) => rowOf(number)));
  });

  it('say when the order is not that of the values any more, and sort only when asked', () => {
    const slowest = (left: TraceRow, right: TraceRow) => right.durationMicros - left.durationMicros;
    const list = new TraceRows();
    list.append([rowOf(1, { durationMicros: 20 }), rowOf(2, { durationMicros: 10 })]);
    expect(list.isOutOfOrder(slowest)).toBe(false);
    list.accept([rowOf(2, { durationMicros: 30 })]);
    expect(list.rows().map(({ traceId }) => traceId)).toEqual([rowOf(1).traceId, rowOf(2).traceId]);
    expect(list.isOutOfOrder(slowest)).toBe(true);
    list.sort(slowest);
    expect(list.rows()[0]?.traceId).toBe(rowOf(2).traceId);
  });

  it('leave out the oldest beyond the bounds, and count them', () => {
    const list = new TraceRows({ placed: 3, waiting: 2 });
    list.accept([rowOf(1), rowOf(2), rowOf(3)]);
    expect([list.waiting, list.waitingDropped]).toEqual([2, 1]);
    list.place(newestFirst);
    list.accept([rowOf(4), rowOf(5)]);
    list.place(newestFirst);
    expect(list.rows()).toEqual([5, 4, 3].map((number) => rowOf(number)));
    expect(list.dropped).toBe(1);
    list.append([rowOf(0)]);
    expect([list.size, list.dropped]).toEqual([3, 2]);
  });
});

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  return items
    .map((item, index) => ({ item, rank: Math.imul(seed ^ index, 0x9e3779b1) >>> 0 }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item);
}
