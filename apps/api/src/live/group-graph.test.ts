import { describe, expect, it } from 'vitest';
import { GroupGraph } from './group-graph.js';

const base = 170_000_000;
const nowMs = (base + 3) * 10_000 + 4_000;

/** Up to where it says that it is stored, in slices since the first: the group has `own`, the whole graph `whole`. */
function told(graph: GroupGraph, own: readonly number[], whole: readonly number[], sinceMs = 0): number {
  const versions = new Map([[graph.groupId, new Map(own.map((slice) => [base + slice, 'v']))]]);
  graph.take([], { versions, whole: whole.map((slice) => base + slice) }, { nowMs, sinceMs });
  return graph.snapshot(nowMs).storedTo / 10 - base;
}

describe('the live graph of a group', () => {
  it('reaches to the first slice that waits, whatever is stored behind it', () => {
    expect(told(new GroupGraph('g', nowMs), [0, 1], [0, 1, 2])).toBe(2);
    expect(told(new GroupGraph('g', nowMs), [0, 2], [0, 1, 2])).toBe(1);
  });

  it('goes on where nothing waits, and never goes back', () => {
    const graph = new GroupGraph('g', nowMs);
    expect(told(graph, [0], [0])).toBe(2);
    expect(told(graph, [0], [0, 1])).toBe(2);
    expect(told(graph, [0, 1, 2], [0, 1, 2])).toBe(3);
  });

  it('does not wait for slices from before there was the group', () => {
    expect(told(new GroupGraph('g', nowMs), [], [0, 1, 2], (base + 1) * 10_000)).toBe(1);
    expect(told(new GroupGraph('g', nowMs), [1, 2], [0, 1, 2], (base + 1) * 10_000)).toBe(3);
  });

  it('takes a slice again only when it was put in place again', () => {
    const graph = new GroupGraph('g', nowMs);
    expect(graph.changed(new Map([[base, '0 1']]))).toEqual({ first: base, last: base });
    told(graph, [0], [0]);
    expect(graph.changed(new Map([[base, 'v']]))).toBeNull();
    expect(
      graph.changed(
        new Map([
          [base, 'w'],
          [base + 2, 'v'],
        ]),
      ),
    ).toEqual({ first: base, last: base + 2 });
  });
});
