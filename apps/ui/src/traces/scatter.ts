/**
 * Geometry of the distribution strip: time runs to the right, duration upwards on a logarithmic scale whose ends are whole
 * decades, so that a point stands for the same duration until a decade is added. Positions are shares of the box, 0 to 1.
 */
import type { OutcomeName, TraceRow } from '@fluoroscope/contract/traces';

/** Epoch microseconds. */
export interface TimeSpan {
  fromMicros: number;
  toMicros: number;
}

/** Decades of microseconds: 3 is 1 ms. */
export interface DurationSpan {
  lowDecade: number;
  highDecade: number;
}

/** Corners as shares: x from the left, y from the bottom. */
export interface Box {
  x0: number;
  x1: number;
  y0: number;
  y1: number;
}

export interface Selection extends TimeSpan {
  minMicros: number;
  maxMicros: number;
}

export type PointState = OutcomeName | 'progress';

export interface Bucket extends TimeSpan, Record<PointState, number> {
  /** Of the finished ones; null when there is none. */
  medianMicros: number | null;
  maxMicros: number | null;
}

/** 1 ms to 1 s, the least that the axis shows. */
const leastSpan: DurationSpan = { lowDecade: 3, highDecade: 6 };
const maxDecadeLabels = 5;
const lowestDecade = 0;
const highestDecade = 12;
const microsPerMs = 1_000;

export function stateOf({ inProgress, outcome }: TraceRow): PointState {
  return inProgress && outcome === 'ok' ? 'progress' : outcome;
}

export function shownMicros({ responseMicros, durationMicros }: TraceRow): number {
  return responseMicros ?? durationMicros;
}

/** Whole decades around all rows. It grows with `known`, so that an axis does not jump back and forth. */
export function durationSpan(rows: readonly TraceRow[], known: DurationSpan = leastSpan): DurationSpan {
  let { lowDecade, highDecade } = known;
  for (const row of rows) {
    // What has just begun would pull the axis down to nothing.
    if (row.responseMicros === null) continue;
    const decade = Math.log10(Math.max(1, row.responseMicros));
    lowDecade = Math.min(lowDecade, Math.floor(decade));
    highDecade = Math.max(highDecade, Math.ceil(decade));
  }
  return { lowDecade: Math.max(lowestDecade, lowDecade), highDecade: Math.min(highestDecade, highDecade) };
}

export function xOf(micros: number, { fromMicros, toMicros }: TimeSpan): number {
  return (micros - fromMicros) / Math.max(1, toMicros - fromMicros);
}

export function yOf(micros: number, { lowDecade, highDecade }: DurationSpan): number {
  return (Math.log10(Math.max(1, micros)) - lowDecade) / (highDecade - lowDecade);
}

function microsAt(y: number, { lowDecade, highDecade }: DurationSpan): number {
  return 10 ** (lowDecade + y * (highDecade - lowDecade));
}

/** Labels of the axis: all decades, or every second one where they would touch. */
export function decadesOf({ lowDecade, highDecade }: DurationSpan): { label: string; y: number }[] {
  const count = highDecade - lowDecade;
  const step = count > maxDecadeLabels ? 2 : 1;
  return Array.from({ length: Math.floor(count / step) + 1 }, (_, index) => ({
    label: decadeLabel(lowDecade + index * step),
    y: (index * step) / count,
  }));
}

function decadeLabel(decade: number): string {
  const unit = Math.min(2, Math.floor(decade / 3));
  return `${10 ** (decade - 3 * unit)} ${['us', 'ms', 's'][unit]}`;
}

/** What a box means, in whole milliseconds of time. The lowest and the highest edge are open: nothing lies beyond them. */
export function selectionOf(box: Box, time: TimeSpan, durations: DurationSpan): Selection {
  const at = (x: number) => Math.round((time.fromMicros + x * (time.toMicros - time.fromMicros)) / microsPerMs) * microsPerMs;
  return {
    fromMicros: at(Math.min(box.x0, box.x1)),
    toMicros: at(Math.max(box.x0, box.x1)),
    minMicros: Math.min(box.y0, box.y1) <= 0 ? 0 : roundTwoDigits(microsAt(Math.min(box.y0, box.y1), durations)),
    maxMicros: Math.max(box.y0, box.y1) >= 1 ? Number.POSITIVE_INFINITY : roundTwoDigits(microsAt(Math.max(box.y0, box.y1), durations)),
  };
}

/** A pointer is not more exact than that. */
function roundTwoDigits(micros: number): number {
  const step = 10 ** (Math.floor(Math.log10(Math.max(1, micros))) - 1);
  return Math.round(Math.max(1, Math.round(micros / step)) * step);
}

export function isSelected(row: TraceRow, { fromMicros, toMicros, minMicros, maxMicros }: Selection): boolean {
  const micros = shownMicros(row);
  return row.startMicros >= fromMicros && row.startMicros <= toMicros && micros >= minMicros && micros <= maxMicros;
}

/** The row whose point is nearest to a place, in pixels; undefined when none is within reach. */
export function nearestRow(rows: readonly TraceRow[], distance: (row: TraceRow) => number, reachPixels: number): TraceRow | undefined {
  let nearest: TraceRow | undefined;
  let least = reachPixels;
  for (const row of rows) {
    const away = distance(row);
    if (away <= least) {
      nearest = row;
      least = away;
    }
  }
  return nearest;
}

/** Equal parts of the window with what started in each. */
export function bucketsOf(rows: readonly TraceRow[], time: TimeSpan, count: number): Bucket[] {
  const micros = (time.toMicros - time.fromMicros) / count;
  const held: TraceRow[][] = Array.from({ length: count }, () => []);
  for (const row of rows) {
    const index = Math.floor((row.startMicros - time.fromMicros) / micros);
    held[index]?.push(row);
  }
  return held.map((some, index) =>
    bucketOf(some, { fromMicros: time.fromMicros + index * micros, toMicros: time.fromMicros + (index + 1) * micros }),
  );
}

function bucketOf(rows: readonly TraceRow[], time: TimeSpan): Bucket {
  const counts: Record<PointState, number> = { ok: 0, error: 0, throttle: 0, fault: 0, progress: 0 };
  for (const row of rows) counts[stateOf(row)]++;
  const times = rows.flatMap(({ responseMicros }) => responseMicros ?? []).sort((left, right) => left - right);
  return { ...time, ...counts, medianMicros: times[Math.floor((times.length - 1) / 2)] ?? null, maxMicros: times.at(-1) ?? null };
}
