import type { EdgeRow, NodeRow, SliceRows, StatisticsRow } from '@fluoroscope/contract/graph';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GraphWindow } from './graph-window.js';
import { addHistogram } from './histogram.js';
import { edgeId, nodeId } from './node-key.js';

const key = (name: string) => ({ name, type: '', accountId: '' });
const statistics = (ok: number, fault = 0, histogram: number[] = ok + fault > 0 ? [3, ok + fault] : []): StatisticsRow => [
  ok,
  0,
  0,
  fault,
  0,
  ok * 1000,
  histogram,
];
const node = (name: string, row: StatisticsRow, root = false, inferred = false): NodeRow => [name, '', '', root, inferred, row];
const edge = (caller: string, callee: string, row: StatisticsRow): EdgeRow => [[caller, '', ''], [callee, '', ''], row];
const live = (slice: number, nodes: NodeRow[], edges: EdgeRow[] = []): SliceRows => ({ slice, stored: false, nodes, edges });
const stored = (slice: number, nodes: NodeRow[], edges: EdgeRow[] = []): SliceRows => ({ slice, stored: true, nodes, edges });
const api = nodeId(key('api'));
const nowMs = 1_800_000_005_000;
const now = nowMs / 10_000 - 0.5;

test('sums the slices of the window', () => {
  const window = new GraphWindow();
  window.apply([
    live(1, [node('api', statistics(2), true)], [edge('api', 'db', statistics(1))]),
    live(2, [node('api', statistics(3, 1, [3, 1, 60, 3]))]),
  ]);
  expect(window.nodes.get(api)).toMatchObject({ key: key('api'), root: true, inferred: false, requests: 6 });
  expect(window.nodes.get(api)?.statistics).toEqual({
    ok: 5,
    error: 0,
    throttle: 0,
    fault: 1,
    inProgress: 0,
    totalMicros: 5000,
    histogram: [3, 3, 60, 3],
  });
  expect(window.edges.get(edgeId(key('api'), key('db')))?.statistics.ok).toBe(1);
});

test('a row replaces the one before, so applying it twice changes nothing', () => {
  const window = new GraphWindow();
  window.apply([live(1, [node('api', statistics(2))])]);
  window.drainChanged();
  window.apply([live(1, [node('api', statistics(2))])]);
  expect(window.drainChanged().nodes.size).toBe(0);
  window.apply([live(1, [node('api', statistics(7))])]);
  expect(window.nodes.get(api)).toMatchObject({ requests: 7, statistics: { ok: 7, histogram: [3, 7] } });
});

test('a stored slice replaces all that was known of it, and requests never fall', () => {
  const window = new GraphWindow();
  window.apply([live(1, [node('api', statistics(5)), node('db.local', statistics(4), false, true)])]);
  window.drainChanged();
  window.apply([stored(1, [node('api', statistics(4)), node('db', statistics(4))])]);
  expect([...window.nodes.values()].map((held) => [held.key.name, held.statistics.ok, held.requests])).toEqual([
    ['api', 4, 5],
    ['db', 4, 4],
  ]);
  expect(window.drainChanged().nodes).toEqual(new Set([api, nodeId(key('db')), nodeId(key('db.local'))]));
});

test('drops what is too old, and ignores what is older or further ahead than the window', () => {
  const window = new GraphWindow({ windowSeconds: 30 });
  window.advance(nowMs);
  window.apply([live(now, [node('new', statistics(1))]), live(now - 2, [node('api', statistics(1))], [edge('api', 'db', statistics(1))])]);
  window.apply([live(now - 3, [node('old', statistics(1))]), live(now + 1000, [node('future', statistics(1))])]);
  expect([window.nodes.size, window.ignoredRows]).toEqual([2, 2]);
  window.advance(nowMs + 10_000);
  expect([[...window.nodes.keys()], window.edges.size]).toEqual([[nodeId(key('new'))], 0]);
});

test('a node is inferred only while all its rows are, and a root while any is', () => {
  const window = new GraphWindow();
  window.apply([live(1, [node('api', statistics(1), false, true)]), live(2, [node('api', statistics(1), true, false)])]);
  expect(window.nodes.get(api)).toMatchObject({ root: true, inferred: false });
  window.apply([stored(2, [])]);
  expect(window.nodes.get(api)).toMatchObject({ root: false, inferred: true });
});

test('keys are bounded, and rows beyond the bound are counted', () => {
  const window = new GraphWindow({ maxNodes: 1, maxEdges: 1 });
  window.apply([
    live(1, [node('a', statistics(1)), node('b', statistics(1))], [edge('a', 'b', statistics(1)), edge('b', 'a', statistics(1))]),
  ]);
  expect([window.nodes.size, window.edges.size, window.ignoredRows]).toEqual([1, 1, 2]);
});

test('rates are those of the last 10 seconds', () => {
  const window = new GraphWindow();
  window.apply([
    live(now, [node('api', statistics(10, 5))], [edge('api', 'db', statistics(20))]),
    live(now - 1, [node('api', statistics(20))]),
  ]);
  expect(window.nodeRates(api, nowMs)).toEqual({ ok: 2, error: 0, throttle: 0, fault: 0.5 });
  expect(window.edgeRates(edgeId(key('api'), key('db')), nowMs).ok).toBe(2);
  expect(window.nodeRates('nobody', nowMs)).toEqual({ ok: 0, error: 0, throttle: 0, fault: 0 });
});

const statisticsRow = fc.tuple(fc.nat(9), fc.nat(9), fc.array(fc.nat(100), { maxLength: 4 })).map(([ok, fault, buckets]): StatisticsRow => {
  const histogram = buckets.reduce<number[]>((sum, bucket) => addHistogram(sum, [bucket, 1]), []);
  return statistics(ok, fault, ok + fault === 0 ? [] : histogram);
});
const name = fc.constantFrom('a', 'b', 'c');
const change = fc.record({
  slice: fc.nat(4),
  stored: fc.boolean(),
  nodes: fc.uniqueArray(
    fc.tuple(name, statisticsRow, fc.boolean(), fc.boolean()).map((row) => node(...row)),
    { selector: (row) => row[0] },
  ),
  edges: fc.uniqueArray(
    fc.tuple(name, name, statisticsRow).map((row) => edge(...row)),
    { selector: (row) => row[0][0] + row[1][0] },
  ),
});
const totals = (window: GraphWindow) => [
  [...window.nodes].map(([id, held]) => [id, held.root, held.inferred, held.statistics] as const).sort(),
  [...window.edges].map(([id, held]) => [id, held.statistics] as const).sort(),
];

test('after any changes the totals are those of the snapshot, and a window fed with deltas is equal', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const window = new GraphWindow();
      const follower = new GraphWindow();
      for (const rows of changes) {
        window.apply([rows]);
        follower.apply(window.drainDelta());
      }
      const fresh = new GraphWindow();
      fresh.apply(window.snapshot());
      expect(totals(fresh)).toEqual(totals(window));
      expect(totals(follower)).toEqual(totals(window));
      follower.replaceAll([]);
      expect(totals(follower)).toEqual([[], []]);
    }),
  );
});

describe('what leaves', () => {
  const guess = (slice: number, count: number) =>
    live(slice, [node('db', statistics(count), false, true)], [edge('api', 'db', statistics(count))]);
  const db = nodeId(key('db'));
  const call = edgeId(key('api'), key('db'));
  const started = () => {
    const window = new GraphWindow({ windowSeconds: 30 });
    window.advance(nowMs);
    return window;
  };

  test('was taken back when its counts or the slice as it is stored say so', () => {
    const window = started();
    window.apply([guess(now, 1), guess(now - 1, 1)]);
    window.apply([guess(now, 0)]);
    expect(window.drainChanged().takenBack).toEqual({ nodes: new Set(), edges: new Set() });
    window.apply([stored(now - 1, [node('api', statistics(1))])]);
    expect(window.drainChanged().takenBack).toEqual({ nodes: new Set([db]), edges: new Set([call]) });
    expect(window.drainChanged().takenBack.nodes.size).toBe(0);
  });

  test('was not taken back when it is there again, when it went with time, or when a part of it did', () => {
    const window = started();
    window.apply([guess(now, 1)]);
    window.apply([guess(now, 0), guess(now, 2)]);
    window.apply([guess(now - 2, 1)]);
    window.advance(nowMs + 10_000);
    window.apply([guess(now, 0)]);
    const changed = window.drainChanged();
    expect([window.nodes.size, changed.nodes.has(db), changed.takenBack.nodes.size, changed.takenBack.edges.size]).toEqual([0, true, 0, 0]);
    window.apply([guess(now + 1, 1)]);
    window.advance(nowMs + 50_000);
    expect([window.nodes.size, window.drainChanged().takenBack.nodes.size]).toEqual([0, 0]);
  });
});

test('a row without counts takes its node and edge back, and still travels on', () => {
  const window = new GraphWindow();
  const slice = 179_500_000;
  window.advance(slice * 10_000);
  const rows = (count: number) => [live(slice, [node('db', statistics(count), false, true)], [edge('api', 'db', statistics(count))])];
  window.apply(rows(1));
  expect([window.nodes.size, window.edges.size]).toEqual([1, 1]);
  window.drainDelta();
  window.apply(rows(0));
  expect([window.nodes.size, window.edges.size]).toEqual([0, 0]);
  expect(window.drainDelta()[0]?.nodes).toHaveLength(1);
  window.apply(rows(1));
  expect([window.nodes.size, window.edges.size]).toEqual([1, 1]);
});
