/** What holds for any trace at all: random trees with circles, orphans, overlaps and rows in progress. */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { describe, expect, it } from 'vitest';
import { criticalPathOf } from './critical-path.js';
import { ownStretches, ownTimeOf } from './self-time.js';
import { viewTrace } from './trace-view.js';
import { foldedRows, matchingRows, rowsAndAncestors, rowsOfAtLeast, visibleRows } from './visible-rows.js';
import { rowKinds, type Waterfall, waterfallOf } from './waterfall.js';

const traceId = '1-6b49d200-6312e05eb59a7b9055d4081a';
const idOf = (n: number) => n.toString(16).padStart(16, '0');
const rounds = 60;
const bigTrace = 50_000;

/** mulberry32: the same numbers at every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Parents are any entity, itself, a later one, or none that is there. */
function randomTrace(seed: number, size: number): SegmentDocument[] {
  const next = chance(seed);
  const whole = (limit: number) => Math.floor(next() * limit);
  return Array.from({ length: size }, (_, n) => {
    const begin = 1_800_000_000 + whole(1_000) / 1000;
    const parent = n === 0 ? undefined : idOf(next() < 0.1 ? whole(size * 2) : whole(n));
    const isSegment = parent === undefined || next() < 0.2;
    return {
      id: idOf(n),
      trace_id: traceId,
      name: `name-${whole(3)}`,
      start_time: begin,
      ...(next() < 0.1 ? { in_progress: true } : { end_time: begin + whole(500) / 1000 }),
      ...(parent === undefined ? {} : { parent_id: parent }),
      ...(isSegment ? {} : { type: 'subsegment' as const, namespace: next() < 0.5 ? 'remote' : undefined }),
      ...(next() < 0.1 ? { fault: true } : {}),
    };
  });
}

function endOf(rows: Waterfall, row: number): number {
  return (rows.start[row] ?? 0) + (rows.duration[row] ?? 0);
}

describe.each(Array.from({ length: rounds }, (_, seed) => seed))('any trace, seed %i', (seed) => {
  const documents = randomTrace(seed, 5 + seed * 3);
  const { waterfall: rows, sources } = waterfallOf(viewTrace(documents));

  it('has every entity in one row, below its parent, in a subtree without holes', () => {
    const sent = rows.ids.filter((_, row) => sources[row] !== null);
    expect(sent.toSorted()).toEqual(documents.map(({ id }) => id).toSorted());
    expect(new Set(rows.ids).size).toBe(rows.count);
    for (let row = 0; row < rows.count; row++) {
      const above = rows.parent[row] ?? -1;
      expect(above).toBeLessThan(row);
      expect(rows.subtreeEnd[row]).toBeGreaterThan(row);
      if (above === -1) continue;
      expect(rows.depth[row]).toBe((rows.depth[above] ?? 0) + 1);
      expect(rows.subtreeEnd[row]).toBeLessThanOrEqual(rows.subtreeEnd[above] ?? 0);
    }
  });

  it('has self time between nothing and all of the row, equal to the stretches that are drawn', () => {
    const { self, gaps } = ownTimeOf(rows);
    for (let row = 0; row < rows.count; row++) {
      expect(self[row]).toBeGreaterThanOrEqual(0);
      expect(self[row]).toBeLessThanOrEqual(rows.duration[row] ?? 0);
      if ((rows.kind[row] ?? 0) >= rowKinds.group) continue;
      const stretches = ownStretches(rows, row, 1e9);
      const sum = stretches.reduce((total, time, i) => total + (i % 2 === 0 ? -time : time), 0);
      expect(sum).toBeCloseTo(self[row] ?? 0, 3);
    }
    gaps.row.forEach((row, i) => {
      expect((gaps.start[i] ?? 0) + (gaps.duration[i] ?? 0)).toBeLessThanOrEqual(endOf(rows, row) + 0.001);
      expect(gaps.duration[i]).toBeGreaterThan(10_000);
    });
  });

  it('has a critical path that covers the first root once, and nothing twice', () => {
    const { row, start, end } = criticalPathOf(rows);
    const inTime = Array.from(row, (_, i) => [start[i] ?? 0, end[i] ?? 0] as const).sort((left, right) => left[0] - right[0]);
    let at = rows.start[0] ?? 0;
    for (const [from, to] of inTime) {
      expect(from).toBeCloseTo(at, 3);
      expect(to).toBeGreaterThan(from);
      at = to;
    }
    expect(at).toBeCloseTo(endOf(rows, 0), 3);
  });

  it('shows what no folded row hides', () => {
    const folded = foldedRows(rows, 2, new Set([rows.ids[0] ?? '']));
    const shown = visibleRows(rows, folded, null);
    const isHidden = (row: number): boolean => {
      const above = rows.parent[row] ?? -1;
      return above !== -1 && (folded[above] === 1 || isHidden(above));
    };
    expect([...shown]).toEqual(rows.ids.map((_, row) => row).filter((row) => !isHidden(row)));
  });

  it('keeps all above what it keeps', () => {
    const kept = [rowsAndAncestors(rows, matchingRows(rows, 'NAME-1')), rowsOfAtLeast(rows, 250_000)];
    for (const flags of kept) {
      for (let row = 0; row < rows.count; row++) {
        const above = rows.parent[row] ?? -1;
        if (flags[row] === 1 && above !== -1) expect(flags[above]).toBe(1);
      }
    }
  });
});

describe(`a trace of ${bigTrace} rows`, () => {
  const flat = Array.from({ length: bigTrace }, (_, n) => ({
    id: idOf(n),
    trace_id: traceId,
    name: n % 2 === 0 ? 'even' : 'odd',
    start_time: 1_800_000_000 + n / 1e4,
    end_time: 1_800_000_000 + n / 1e4 + 1,
    ...(n === 0 ? {} : { type: 'subsegment' as const, parent_id: idOf(0) }),
  }));
  const deep = flat.map((document, n) => (n === 0 ? document : { ...document, parent_id: idOf(n - 1) }));

  // A quadratic step would take minutes; the limit only has to tell it from a slow machine.
  it.each([
    ['flat', flat],
    ['deep', deep],
  ] as const)('is laid out in time when it is %s', (_shape, documents) => {
    const { waterfall } = waterfallOf(viewTrace(documents));
    const beganMs = performance.now();
    ownTimeOf(waterfall);
    criticalPathOf(waterfall);
    const shown = visibleRows(waterfall, foldedRows(waterfall, null, new Set()), null);
    expect(matchingRows(waterfall, 'odd')).toHaveLength(bigTrace / 2);
    expect([waterfall.count, shown.length]).toEqual([bigTrace, bigTrace]);
    expect(performance.now() - beganMs).toBeLessThan(2_000);
  });
});
