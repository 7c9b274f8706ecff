/**
 * What is asked of the past to tell since when a node is quiet: the day in hours, its last hour in minutes, up to where finer
 * rows begin, those of the stream in the end.
 */
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { liveWindowSeconds } from '@fluoroscope/contract/live';
import type { StoredRange } from './stored-slices.js';

const hour = 3_600;
const day = 24 * hour;
const minute = 60;

export function quietRanges(nowSeconds: number): readonly [hours: StoredRange, minutes: StoredRange] {
  const now = Math.floor(nowSeconds);
  const minutesFrom = Math.floor((now - hour) / minute) * minute;
  return [
    { from: now - day, to: minutesFrom, period: hour },
    { from: minutesFrom, to: now - liveWindowSeconds, period: minute },
  ];
}

/** The latest moment at which a row of something quiet can have counted a request, epoch milliseconds. */
export function seenInSliceMs(slice: number, { period, to }: StoredRange): number {
  return Math.min(slice * sliceSeconds + period, to) * 1_000;
}
