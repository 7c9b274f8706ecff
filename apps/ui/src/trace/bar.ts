/** Where a row's bar lies in the part of the trace that is looked at, in shares of the width; what is outside is cut off. */
import { ownStretches } from '@fluoroscope/xray/self-time';
import { rowKinds, type Waterfall } from '@fluoroscope/xray/waterfall';
import type { TimeRange } from './range.js';

/** Percent of the width. A bar is cut a little outside of the view, so that its rounded end is not seen there. */
const margin = 1;

export interface Bar {
  left: number;
  width: number;
  /** The whole of it lies before or behind what is looked at. */
  outside: 'before' | 'after' | null;
}

export function barOf(start: number, end: number, { from, to }: TimeRange): Bar {
  const scale = 100 / (to - from);
  const left = Math.max(-margin, (start - from) * scale);
  const right = Math.min(100 + margin, (end - from) * scale);
  const outside = end < from ? 'before' : start > to ? 'after' : null;
  return { left, width: Math.max(0, right - left), outside };
}

/**
 * A row's time as a background. Of a row that was sent: solid where it worked itself, tinted where it waited for others. Of one
 * that stands for several: solid where any of them ran.
 */
export function timeGradient(rows: Waterfall, row: number, { from, to }: TimeRange): string {
  const start = Math.max(rows.start[row] ?? 0, from - ((to - from) * margin) / 100);
  const end = Math.min((rows.start[row] ?? 0) + (rows.duration[row] ?? 0), to + ((to - from) * margin) / 100);
  if (!(end > start)) return 'none';
  const isSent = (rows.kind[row] ?? 0) < rowKinds.group;
  const [inside, outside] = isSent ? ['var(--solid)', 'transparent'] : ['transparent', 'var(--solid)'];
  const percent = (time: number) => `${(Math.max(0, Math.min(1, (time - start) / (end - start))) * 100).toFixed(2)}%`;
  const stops = [`${outside} 0%`];
  const stretches = ownStretches(rows, row);
  for (let i = 0; i < stretches.length; i += 2) {
    const [open = 0, close = 0] = [stretches[i], stretches[i + 1]];
    if (close < start || open > end) continue;
    stops.push(`${outside} ${percent(open)}`, `${inside} ${percent(open)}`, `${inside} ${percent(close)}`, `${outside} ${percent(close)}`);
  }
  return `linear-gradient(to right, ${stops.join(', ')}, ${outside} 100%)`;
}

/** The first of the sorted `list` that is not below `row`. */
export function lowerBound(list: Int32Array, row: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of lists sorted by row: those of one row, as starts and ends. */
export function stretchesOfRow(
  list: { row: Int32Array; start: Float64Array },
  ends: (i: number) => number,
  row: number,
): [number, number][] {
  const found: [number, number][] = [];
  for (let i = lowerBound(list.row, row); list.row[i] === row; i++) found.push([list.start[i] ?? 0, ends(i)]);
  return found;
}
