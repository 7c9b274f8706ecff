/**
 * The chain of work that decided how long a trace took. Read from the end: what finished last kept its parent waiting; before
 * that began, what had finished last until then; and where nothing runs below it, the parent itself.
 *
 * Its stretches do not overlap, and add up to the time of the first root. What a child does outside of its parent's time
 * delays nobody, and is left out.
 */
import { childrenWithTime } from './self-time.js';
import { rowKinds, type Waterfall } from './waterfall.js';

/** In order of rows, then of time; microseconds from the origin. */
export interface CriticalPath {
  row: Int32Array;
  start: Float64Array;
  end: Float64Array;
}

type Stretch = [row: number, start: number, end: number];
type Task = { row: number; from: number; until: number };

export function criticalPathOf(rows: Waterfall): CriticalPath {
  const stretches: Stretch[] = [];
  const first = rows.count > 0 && (rows.kind[0] ?? 0) < rowKinds.group ? 0 : -1;
  const pending: Task[] = first === -1 ? [] : [{ row: first, from: rows.start[first] ?? 0, until: endOf(rows, first) }];
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) follow(rows, task, { stretches, pending });
  stretches.sort((left, right) => left[0] - right[0] || left[1] - right[1]);
  return {
    row: Int32Array.from(stretches, ([row]) => row),
    start: Float64Array.from(stretches, ([, start]) => start),
    end: Float64Array.from(stretches, ([, , end]) => end),
  };
}

function follow(rows: Waterfall, { row, from, until }: Task, { stretches, pending }: { stretches: Stretch[]; pending: Task[] }): void {
  const children = [...childrenWithTime(rows, row)].sort((left, right) => endOf(rows, right) - endOf(rows, left) || left - right);
  let at = until;
  for (const child of children) {
    const end = Math.min(endOf(rows, child), at);
    const start = Math.max(rows.start[child] ?? 0, from);
    // What was still running when the next one began did not hold it up. At the end of the parent, clocks may be a little off.
    if (end <= start || (at < until && endOf(rows, child) > at)) continue;
    if (end < at) stretches.push([row, end, at]);
    pending.push({ row: child, from: start, until: end });
    at = start;
  }
  if (at > from) stretches.push([row, from, at]);
}

function endOf(rows: Waterfall, row: number): number {
  return (rows.start[row] ?? 0) + (rows.duration[row] ?? 0);
}
