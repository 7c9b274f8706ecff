import type { EdgeRow, NodeRow, ShardRows } from '@fluoroscope/contract/graph';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphWindow } from './graph-window.js';
import { ShardSums } from './shard-sums.js';

const slice = 180_000_000;

describe('sums of shards', () => {
  it('gives out the rows of an only shard as they are', () => {
    const sums = new ShardSums();
    const rows = { slice, shard: 3, stored: true, nodes: [node('a', 1)], edges: [edge('a', 'b', 2)] };
    sums.apply([rows]);
    const { shard: _, ...whole } = rows;
    expect(sums.drain(slice)).toEqual([whole]);
    expect(sums.drain(slice)).toEqual([]);
  });

  it('adds up counts and histograms, and what is only inferred in one shard is not where another knows it', () => {
    const sums = new ShardSums();
    sums.apply([live(0, [['a', '', '', false, true, [1, 0, 0, 2, 1, 50, [3, 1, 9, 2]]]])]);
    sums.apply([live(1, [['a', '', '', true, false, [4, 1, 0, 0, 0, 70, [1, 1, 3, 4]]]])]);
    expect(sums.drain(slice)[0]?.nodes).toEqual([['a', '', '', true, false, [5, 1, 0, 2, 1, 120, [1, 1, 3, 5, 9, 2]]]]);
  });

  it('takes back what a stored shard no longer has', () => {
    const sums = new ShardSums();
    sums.apply([live(0, [node('a', 1), node('guess', 1)]), live(1, [node('a', 1)])]);
    sums.drain(slice);
    sums.apply([{ slice, shard: 0, stored: true, nodes: [node('a', 3)], edges: [] }]);
    const window = new GraphWindow();
    window.apply([{ slice, stored: false, nodes: [node('a', 2), node('guess', 1)], edges: [] }, ...sums.drain(slice)]);
    expect([...window.nodes.values()].map(({ key, statistics }) => [key.name, statistics.ok])).toEqual([['a', 4]]);
  });

  it('puts what storage held under what has come live', () => {
    const sums = new ShardSums();
    sums.apply([live(0, [node('a', 5)])]);
    sums.fill([
      { slice, shard: 0, stored: true, nodes: [node('a', 3), node('b', 1)], edges: [] },
      { slice, shard: 1, stored: true, nodes: [node('a', 10)], edges: [] },
    ]);
    const [rows] = sums.drain(slice);
    expect(rows?.nodes.map(([name, , , , , [ok]]) => [name, ok]).sort()).toEqual([
      ['a', 15],
      ['b', 1],
    ]);
  });

  it('holds a bounded number of rows: the oldest slice keeps what was told of it, and later rows of it are counted', () => {
    const sums = new ShardSums(3);
    sums.apply([live(0, [node('a', 1), node('b', 1)], slice - 1)]);
    expect(sums.drain(slice - 1)).toHaveLength(1);
    sums.apply([live(0, [node('a', 1), node('b', 1)])]);
    sums.apply([live(1, [node('a', 9)], slice - 1)]);
    expect(sums.drain(slice - 1).map(({ slice: told }) => told)).toEqual([slice]);
    expect(sums.ignoredRows).toBe(1);
  });

  it('shows the sum of the last word of every shard, in whatever order and however often they speak', () => {
    const message = fc.record({
      slice: fc.integer({ min: slice - 1, max: slice }),
      shard: fc.integer({ min: 0, max: 2 }),
      stored: fc.boolean(),
      drains: fc.boolean(),
      counts: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 3 })),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        const sums = new ShardSums();
        const shown = new GraphWindow();
        const truth = new Map<string, Record<string, number>>();
        for (const { drains, counts, ...head } of messages) {
          const nodes = Object.entries(counts).map(([name, ok]) => node(name, ok));
          sums.apply([{ ...head, nodes, edges: [] }]);
          const part = `${head.slice} ${head.shard}`;
          truth.set(part, { ...(head.stored ? {} : truth.get(part)), ...counts });
          if (drains) shown.apply(sums.drain(slice - 1));
        }
        shown.apply(sums.drain(slice - 1));
        const expected = new Map<string, number>();
        for (const counts of truth.values())
          for (const [name, ok] of Object.entries(counts)) if (ok > 0) expected.set(name, (expected.get(name) ?? 0) + ok);
        expect(new Map([...shown.nodes.values()].map(({ key, statistics }) => [key.name, statistics.ok]))).toEqual(expected);
      }),
    );
  });
});

function live(shard: number, nodes: NodeRow[], of = slice): ShardRows {
  return { slice: of, shard, stored: false, nodes, edges: [] };
}

function node(name: string, ok: number): NodeRow {
  return [name, '', '', false, false, [ok, 0, 0, 0, 0, 0, []]];
}

function edge(caller: string, callee: string, ok: number): EdgeRow {
  return [
    [caller, '', ''],
    [callee, '', ''],
    [ok, 0, 0, 0, 0, 0, []],
  ];
}
