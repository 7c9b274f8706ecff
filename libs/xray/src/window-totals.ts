/** The sums of a node or an edge over a window, kept up by what its rows gain and lose: costs what changed. */
import type { StatisticsRow } from '@fluoroscope/contract/graph';
import { recordBucket } from './histogram.js';
import type { GraphStatistics } from './service-graph.js';

/** Sums over the window. */
export interface WindowTotals {
  statistics: GraphStatistics;
  /** Completed requests seen since the node or edge appeared: never falls while it is held, so differences are rates. */
  requests: number;
}

export const noStatistics: StatisticsRow = [0, 0, 0, 0, 0, 0, []];

/** Takes `old` out of the totals and puts `row` in; false when they are equal. */
export function changeTotals(totals: WindowTotals, old: StatisticsRow, row: StatisticsRow): boolean {
  const { statistics } = totals;
  const ok = row[0] - old[0];
  const error = row[1] - old[1];
  const throttle = row[2] - old[2];
  const fault = row[3] - old[3];
  const inProgress = row[4] - old[4];
  const micros = row[5] - old[5];
  statistics.ok += ok;
  statistics.error += error;
  statistics.throttle += throttle;
  statistics.fault += fault;
  statistics.inProgress += inProgress;
  statistics.totalMicros += micros;
  totals.requests += Math.max(0, ok + error + throttle + fault);
  const histogramChanged = changeHistogram(statistics.histogram, old[6], row[6]);
  return histogramChanged || ok !== 0 || error !== 0 || throttle !== 0 || fault !== 0 || inProgress !== 0 || micros !== 0;
}

/** Both are ascending: one walk finds the buckets that differ, and only those are touched. */
function changeHistogram(histogram: number[], old: readonly number[], row: readonly number[]): boolean {
  let changed = false;
  let o = 0;
  let r = 0;
  while (o < old.length || r < row.length) {
    const oldBucket = old[o] ?? Number.POSITIVE_INFINITY;
    const rowBucket = row[r] ?? Number.POSITIVE_INFINITY;
    const bucket = Math.min(oldBucket, rowBucket);
    let difference = 0;
    if (rowBucket === bucket) {
      difference += row[r + 1] ?? 0;
      r += 2;
    }
    if (oldBucket === bucket) {
      difference -= old[o + 1] ?? 0;
      o += 2;
    }
    if (difference === 0) continue;
    recordBucket(histogram, bucket, difference);
    changed = true;
  }
  return changed;
}

/** A row without any count takes back an earlier one, as when a call's callee arrives and its inferred node is gone. */
export function isEmpty([ok, error, throttle, fault, inProgress]: StatisticsRow): boolean {
  return ok + error + throttle + fault + inProgress === 0;
}

/** A row without counts adds nothing, whatever else it says. */
export function countsOf(statistics: StatisticsRow | undefined): StatisticsRow {
  return statistics === undefined || isEmpty(statistics) ? noStatistics : statistics;
}
