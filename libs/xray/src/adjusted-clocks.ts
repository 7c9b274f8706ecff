/**
 * The rows of a waterfall as they would lie if all clocks agreed, as far as that can be estimated: each segment whose clock
 * seems to be ahead or behind is moved, with all below it, by the median of its pair of nodes. For drawing only: durations stay,
 * rows keep their order and their IDs, and the rows that were given are not changed. Linear.
 */
import { edgeId } from './node-key.js';
import type { SkewHint } from './skew.js';
import { rowKinds, type Waterfall } from './waterfall.js';

export interface AdjustedClocks {
  rows: Waterfall;
  /** By row, microseconds that it was moved by; what was added to the start that was sent. */
  moved: Float64Array;
}

export function adjustClocks(rows: Waterfall, hints: readonly SkewHint[]): AdjustedClocks {
  const moved = movesOf(rows, hints);
  const start = rows.start.map((sent, row) => sent + (moved[row] ?? 0));
  const duration = rows.duration.slice();
  respan(rows, start, duration);
  let first = Number.POSITIVE_INFINITY;
  for (let row = 0; row < rows.count; row++) first = Math.min(first, start[row] ?? 0);
  if (!Number.isFinite(first)) first = 0;
  let extentMicros = 0;
  for (let row = 0; row < rows.count; row++) {
    start[row] = (start[row] ?? 0) - first;
    extentMicros = Math.max(extentMicros, (start[row] ?? 0) + (duration[row] ?? 0));
  }
  return { rows: { ...rows, start, duration, extentMicros, originMicros: rows.originMicros + first }, moved };
}

/** What lies below a row that was moved is moved with it. */
function movesOf(rows: Waterfall, hints: readonly SkewHint[]): Float64Array {
  const offsets = new Map(hints.map(({ caller, callee, offsetMicros }) => [edgeId(caller, callee), offsetMicros]));
  const moved = new Float64Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    const above = rows.parent[row] ?? -1;
    if (above === -1) continue;
    const caller = rows.services[rows.service[above] ?? 0];
    const callee = rows.services[rows.service[row] ?? 0];
    const isCalled = rows.kind[row] === rowKinds.segment && caller !== undefined && callee !== undefined;
    moved[row] = (moved[above] ?? 0) - (isCalled ? (offsets.get(edgeId(caller, callee)) ?? 0) : 0);
  }
  return moved;
}

/** A row that stands for others spans them, wherever they are now. */
function respan(rows: Waterfall, start: Float64Array, duration: Float64Array): void {
  for (let row = rows.count - 1; row >= 0; row--) {
    if ((rows.kind[row] ?? 0) < rowKinds.group) continue;
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let child = row + 1; child < (rows.subtreeEnd[row] ?? row); child = rows.subtreeEnd[child] ?? child + 1) {
      from = Math.min(from, start[child] ?? 0);
      to = Math.max(to, (start[child] ?? 0) + (duration[child] ?? 0));
    }
    if (!Number.isFinite(from)) continue;
    start[row] = from;
    duration[row] = to - from;
  }
}
