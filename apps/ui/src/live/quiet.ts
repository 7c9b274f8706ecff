/** What is asked of the past to tell since when a node is quiet: the day in hours, its last hour in minutes. */
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { liveWindowSeconds } from '@fluoroscope/contract/live';
import type { StoredRange } from './stored-slices.js';

export interface QuietRange extends StoredRange {
  /** Epoch seconds from which on finer rows tell what was. */
  finerFrom: number;
}

const hour = 3_600;
const day = 24 * hour;
const minute = 60;

export function quietRanges(nowSeconds: number): readonly [hours: QuietRange, minutes: QuietRange] {
  const to = Math.floor(nowSeconds);
  const minutesFrom = Math.floor((to - hour) / minute) * minute;
  return [
    { from: to - day, to, period: hour, finerFrom: minutesFrom },
    { from: minutesFrom, to, period: minute, finerFrom: to - liveWindowSeconds },
  ];
}

/** The latest moment at which a row of something quiet can have counted a request, epoch milliseconds. */
export function seenInSliceMs(slice: number, { period, finerFrom }: QuietRange): number {
  return Math.min(slice * sliceSeconds + period, finerFrom) * 1_000;
}
