/**
 * Where a (sub)segment's own time went: what none of its children covers. One pass over the rows of a waterfall, because
 * siblings come in order of their start. A child counts as far as it lies within its parent; a group counts as its members.
 */
import { rowFlags, rowKinds, type Waterfall } from './waterfall.js';

/** A gap is worth a label when it is longer than both. */
const minGapShare = 0.05;
const minGapMicros = 10_000;

/** Time that a row spent with no child to account for it, in order of rows, then of time. */
export interface UntracedGaps {
  row: Int32Array;
  start: Float64Array;
  duration: Float64Array;
}

export interface OwnTime {
  /** By row, microseconds; 0 for rows that no document sent. */
  self: Float64Array;
  gaps: UntracedGaps;
}

export function ownTimeOf(rows: Waterfall): OwnTime {
  const { count, parent, start, duration, kind } = rows;
  const self = new Float64Array(count);
  const covered = new Float64Array(count);
  const gaps = new GapList(rows);
  for (let row = 0; row < count; row++) {
    const ownStart = start[row] ?? 0;
    covered[row] = ownStart;
    if ((kind[row] ?? 0) >= rowKinds.group) continue;
    self[row] = duration[row] ?? 0;
    const above = parentWithTime(rows, parent[row] ?? -1);
    if (above === -1) continue;
    const until = covered[above] ?? 0;
    gaps.add(above, until, ownStart);
    const end = Math.min(ownStart + (duration[row] ?? 0), (start[above] ?? 0) + (duration[above] ?? 0));
    const overlap = end - Math.max(ownStart, until);
    if (overlap > 0) self[above] = Math.max(0, (self[above] ?? 0) - overlap);
    // A child without a duration, or behind its parent's end, ends the gap before it too: the next one would find it again.
    covered[above] = Math.max(until, end);
  }
  for (let row = 0; row < count; row++) {
    const isParent = (rows.subtreeEnd[row] ?? 0) > row + 1;
    const isOpen = ((rows.flags[row] ?? 0) & rowFlags.inProgress) !== 0;
    if (isParent && !isOpen && (kind[row] ?? 0) < rowKinds.group)
      gaps.add(row, covered[row] ?? 0, (start[row] ?? 0) + (duration[row] ?? 0));
  }
  return { self, gaps: gaps.sorted() };
}

/** The next row above that a document sent, or -1: rows that stand for others have no time of their own. */
export function parentWithTime(rows: Waterfall, parent: number): number {
  let above = parent;
  while (above !== -1 && rows.kind[above] === rowKinds.group) above = rows.parent[above] ?? -1;
  return above === -1 || (rows.kind[above] ?? 0) >= rowKinds.group ? -1 : above;
}

class GapList {
  private readonly found: [row: number, start: number, duration: number][] = [];

  constructor(private readonly rows: Waterfall) {}

  add(row: number, from: number, to: number): void {
    const duration = Math.min(to, (this.rows.start[row] ?? 0) + (this.rows.duration[row] ?? 0)) - from;
    if (duration > minGapMicros && duration > minGapShare * (this.rows.duration[row] ?? 0)) this.found.push([row, from, duration]);
  }

  sorted(): UntracedGaps {
    this.found.sort((left, right) => left[0] - right[0] || left[1] - right[1]);
    return {
      row: Int32Array.from(this.found, ([row]) => row),
      start: Float64Array.from(this.found, ([, start]) => start),
      duration: Float64Array.from(this.found, ([, , duration]) => duration),
    };
  }
}

/**
 * The stretches of one row that are its own, as pairs of start and end, at most `most` of them: what lies closer together than
 * can be drawn is one stretch. Linear in the row's children.
 */
export function ownStretches(rows: Waterfall, row: number, most = 200): number[] {
  const from = rows.start[row] ?? 0;
  const until = from + (rows.duration[row] ?? 0);
  const closest = (until - from) / most;
  const stretches: number[] = [];
  let covered = from;
  const add = (end: number) => {
    if (end <= covered) return;
    const last = stretches.at(-1);
    if (last !== undefined && covered - last < closest) stretches[stretches.length - 1] = end;
    else stretches.push(covered, end);
  };
  for (const child of childrenWithTime(rows, row)) {
    add(Math.min(rows.start[child] ?? 0, until));
    covered = Math.min(until, Math.max(covered, (rows.start[child] ?? 0) + (rows.duration[child] ?? 0)));
  }
  add(until);
  return stretches;
}

/** The direct children, those of groups among them. */
export function* childrenWithTime(rows: Waterfall, row: number): Generator<number> {
  const end = rows.subtreeEnd[row] ?? row + 1;
  for (let child = row + 1; child < end; ) {
    if (rows.kind[child] === rowKinds.group) child++;
    else {
      yield child;
      child = rows.subtreeEnd[child] ?? child + 1;
    }
  }
}
