import type { NodeRow } from '@fluoroscope/contract/graph';
import { describe, expect, it } from 'vitest';
import { GraphRoom, windowSlicesAt } from './graph-room.js';

const nowMs = 1_800_000_000_000;
const { first, last } = windowSlicesAt(nowMs);

describe('the graph room', () => {
  it('puts what storage held under what came live before it was read', () => {
    const room = new GraphRoom(nowMs);
    room.apply([{ slice: last, shard: 0, stored: false, nodes: [row('a', 5)], edges: [] }]);
    room.load([
      { slice: last, shard: 0, stored: true, nodes: [row('a', 3), row('b', 1)], edges: [] },
      { slice: first, shard: 0, stored: true, nodes: [row('c', 1)], edges: [] },
    ]);
    const counts = room
      .snapshot(nowMs)
      .slices.map(({ slice, nodes }) => [slice, ...nodes.map(([name, , , , , [ok]]) => `${name}${ok}`).sort()]);
    expect(counts).toEqual([
      [first, 'c1'],
      [last, 'a5', 'b1'],
    ]);
  });

  it('adds up the shards of a slice, whichever writer has each', () => {
    const room = new GraphRoom(nowMs);
    room.apply([{ slice: last, shard: 0, stored: false, nodes: [row('a', 5)], edges: [] }]);
    expect(room.delta(nowMs)?.slices[0]?.nodes).toEqual([row('a', 5)]);
    room.apply([{ slice: last, shard: 1, stored: true, nodes: [row('a', 2)], edges: [] }]);
    expect(room.delta(nowMs + 100)?.slices).toEqual([{ slice: last, stored: false, nodes: [row('a', 7)], edges: [] }]);
  });

  it('says nothing while nothing changes, but for a beat a second', () => {
    const room = new GraphRoom(nowMs);
    expect(room.delta(nowMs)).toEqual({ slices: [] });
    expect(room.delta(nowMs + 100)).toBeNull();
    room.apply([{ slice: last, shard: 0, stored: false, nodes: [row('a', 1)], edges: [] }]);
    expect(room.delta(nowMs + 200)?.slices).toHaveLength(1);
    expect(room.delta(nowMs + 300)).toBeNull();
    expect(room.delta(nowMs + 1_200)).toEqual({ slices: [] });
  });

  it('goes on saying so after the clock was put back by an hour', () => {
    const room = new GraphRoom(nowMs);
    room.delta(nowMs);
    expect(room.delta(nowMs - 3_600_000)).toEqual({ slices: [] });
    expect(room.delta(nowMs - 3_600_000 + 100)).toBeNull();
  });

  it('holds a bounded graph, and counts what it leaves out', () => {
    const room = new GraphRoom(nowMs, { maxNodes: 2, maxEdges: 1 });
    room.apply([{ slice: last, shard: 0, stored: false, nodes: [row('a', 1), row('b', 1), row('c', 1)], edges: [] }]);
    expect(room.snapshot(nowMs).slices[0]?.nodes.map(([name]) => name)).toEqual(['a', 'b']);
    expect(room.ignoredRows).toBe(1);
  });

  it('lets go of slices that are older than its window', () => {
    const room = new GraphRoom(nowMs);
    room.apply([{ slice: first, shard: 0, stored: true, nodes: [row('a', 1)], edges: [] }]);
    room.delta(nowMs + 10_000);
    expect(room.snapshot(nowMs + 10_000).slices).toEqual([]);
  });
});

function row(name: string, ok: number): NodeRow {
  return [name, '', '', false, false, [ok, 0, 0, 0, 0, 0, []]];
}
