/**
 * A response-time histogram as bars on a logarithmic axis. The area of a bar is its count: below 10 ms, where times are
 * known to the millisecond only, a bar is twice as wide.
 */
import { bucketMicros } from '@fluoroscope/xray/histogram';

export interface Bar {
  fromMicros: number;
  toMicros: number;
  count: number;
  /** Of the axis, 0 to 1. */
  left: number;
  width: number;
  /** Of the highest bar, 0 to 1. */
  height: number;
}

export interface Axis {
  /** Powers of ten of a millisecond. */
  firstDecade: number;
  lastDecade: number;
}

const microsPerMs = 1_000;
/** Steps per decade are halved below this power of ten. */
const fineFrom = 1;
const stepsPerDecade = 10;

/** Whole decades around what was counted, from 1 ms on; two at least. */
export function axisOf(histogram: readonly number[]): Axis {
  const least = decadeOf(bucketMicros(histogram[0] ?? 0));
  const most = decadeOf(bucketMicros(histogram.at(-2) ?? 0));
  const firstDecade = Math.max(0, Math.floor(least));
  return { firstDecade, lastDecade: Math.max(firstDecade + 2, Math.floor(most) + 1) };
}

/** Where a time lies on the axis, 0 to 1. */
export function positionOf(micros: number, { firstDecade, lastDecade }: Axis): number {
  const position = (decadeOf(micros) - firstDecade) / (lastDecade - firstDecade);
  return Math.min(1, Math.max(0, position));
}

export function barsOf(histogram: readonly number[], axis: Axis): Bar[] {
  const counts = new Map<number, number>();
  for (let at = 0; at < histogram.length; at += 2) {
    const step = stepOf(bucketMicros(histogram[at] ?? 0));
    counts.set(step, (counts.get(step) ?? 0) + (histogram[at + 1] ?? 0));
  }
  const bars = [...counts].sort(([a], [b]) => a - b).map(([step, count]) => barOf(step, count, axis));
  const densest = Math.max(...bars.map(({ height }) => height));
  return bars.map((bar) => ({ ...bar, height: bar.height / densest }));
}

function barOf(step: number, count: number, axis: Axis): Bar {
  const fromMicros = startOf(step);
  const toMicros = startOf(step + (isFine(step) ? 1 : 2));
  const left = positionOf(fromMicros, axis);
  const width = positionOf(toMicros, axis) - left;
  return { fromMicros, toMicros, count, left, width, height: count / width };
}

/** Under 1 ms counts as the first step: the axis begins there. */
function stepOf(micros: number): number {
  const step = Math.max(0, Math.floor(decadeOf(micros) * stepsPerDecade + 1e-9));
  return isFine(step) ? step : step - (step % 2);
}

function isFine(step: number): boolean {
  return step >= fineFrom * stepsPerDecade;
}

function startOf(step: number): number {
  return microsPerMs * 10 ** (step / stepsPerDecade);
}

function decadeOf(micros: number): number {
  return Math.log10(Math.max(micros, microsPerMs) / microsPerMs);
}

/** Where bars may begin and end, in microseconds: what a selection snaps to. */
export function edgesOf({ lastDecade, firstDecade }: Axis): number[] {
  const edges: number[] = [];
  for (let step = firstDecade * stepsPerDecade; step <= lastDecade * stepsPerDecade; step += isFine(step) ? 1 : 2)
    edges.push(startOf(step));
  return edges;
}

/** The edge that is nearest to a place on the axis, 0 to 1, by its index. */
export function nearestEdge(edges: readonly number[], axis: Axis, position: number): number {
  let nearest = 0;
  edges.forEach((micros, index) => {
    const distance = Math.abs(positionOf(micros, axis) - position);
    if (distance < Math.abs(positionOf(edges[nearest] ?? 0, axis) - position)) nearest = index;
  });
  return nearest;
}

/** Requests in bars between two edges. The first edge stands for everything below it too. */
export function countBetween(bars: readonly Bar[], fromMicros: number, toMicros: number): number {
  return bars.filter((bar) => bar.fromMicros >= fromMicros - 1 && bar.toMicros <= toMicros + 1).reduce((sum, { count }) => sum + count, 0);
}
