/**
 * The entities of one trace as trees, in the order in which they are read: siblings by start, then by arrival. Linear but for
 * the sort, and iterative at any depth.
 *
 * Nothing is lost: what names a parent that is not there is a root of its own (`missing`), and so is the first member of a
 * circle of parents (`circle`), which is cut there.
 */
import { entityKinds } from './entities.js';
import type { TraceEntity, TraceView } from './trace-view.js';

/** In place of a parent's index. */
export const rootPlaces = { root: -1, missing: -2, circle: -3 } as const;

export interface TraceForest {
  items: readonly TraceEntity[];
  /** Indices into `items`. The earliest comes first in each list. */
  roots: number[];
  missing: number[];
  circles: number[];
  childrenOf(index: number): Int32Array;
}

export function forestOf(view: TraceView): TraceForest {
  const items = [...view.entities.values()];
  const parents = parentsOf(items);
  const byStart = orderByStart(items);
  const children = new Children(parents, byStart);
  cutCircles(items, parents, children);
  const at = (place: number) => [...byStart.filter((index) => parents[index] === place)];
  const [roots, missing] = withEntry(items, at(rootPlaces.root), at(rootPlaces.missing));
  return { items, roots, missing, circles: at(rootPlaces.circle), childrenOf: (index) => children.of(index, parents) };
}

function parentsOf(items: readonly TraceEntity[]): Int32Array {
  const indices = new Map(items.map(({ entity }, index) => [entity.id, index]));
  return Int32Array.from(items, ({ entity }) => {
    if (entity.parentId === '' && entity.kind === entityKinds.segment) return rootPlaces.root;
    return indices.get(entity.parentId) ?? rootPlaces.missing;
  });
}

function orderByStart(items: readonly TraceEntity[]): Int32Array {
  const starts = Float64Array.from(items, ({ entity }) => entity.startMicros);
  return Int32Array.from(items.keys()).sort((left, right) => (starts[left] ?? 0) - (starts[right] ?? 0) || left - right);
}

/** A trace that begins with a caller outside of it has no other entry: its one segment without a parent is the root. */
function withEntry(items: readonly TraceEntity[], roots: number[], missing: number[]): [number[], number[]] {
  const [only] = missing;
  if (roots.length > 0 || missing.length !== 1 || only === undefined) return [roots, missing];
  return items[only]?.entity.kind === entityKinds.segment ? [[only], []] : [roots, missing];
}

/** The children of all, one list after the other. */
class Children {
  private readonly lists: Int32Array;
  private readonly ends: Int32Array;

  constructor(parents: Int32Array, byStart: Int32Array) {
    this.ends = new Int32Array(parents.length + 1);
    for (const parent of parents) if (parent >= 0) this.ends[parent + 1] = (this.ends[parent + 1] ?? 0) + 1;
    for (let i = 1; i < this.ends.length; i++) this.ends[i] = (this.ends[i] ?? 0) + (this.ends[i - 1] ?? 0);
    const next = this.ends.slice();
    this.lists = new Int32Array(parents.length);
    for (const index of byStart) {
      const parent = parents[index] ?? rootPlaces.missing;
      if (parent < 0) continue;
      const place = next[parent] ?? 0;
      this.lists[place] = index;
      next[parent] = place + 1;
    }
  }

  /** Those that were cut off since are left out. */
  of(index: number, parents: Int32Array): Int32Array {
    const list = this.lists.subarray(this.ends[index] ?? 0, this.ends[index + 1] ?? 0);
    return list.every((child) => parents[child] === index) ? list : list.filter((child) => parents[child] === index);
  }
}

/** What no root reaches hangs in a circle: its first member becomes a root. */
function cutCircles(items: readonly TraceEntity[], parents: Int32Array, children: Children): void {
  const reached = new Uint8Array(items.length);
  const reach = (root: number) => {
    const pending = [root];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (reached[index] === 1) continue;
      reached[index] = 1;
      for (const child of children.of(index, parents)) pending.push(child);
    }
  };
  for (let index = 0; index < parents.length; index++) if ((parents[index] ?? 0) < 0) reach(index);
  for (let index = 0; index < parents.length; index++) {
    if (reached[index] === 1) continue;
    const first = circleMemberAbove(index, parents);
    parents[first] = rootPlaces.circle;
    reach(first);
  }
}

/** Walks up until an entity comes a second time: it lies on the circle. Every walk ends in a cut, so no way is walked twice. */
function circleMemberAbove(index: number, parents: Int32Array): number {
  const seen = new Set<number>();
  let at = index;
  while (!seen.has(at)) {
    seen.add(at);
    at = parents[at] ?? at;
  }
  return at;
}
