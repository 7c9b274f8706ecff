/** What the dashboard asks of the past, and is answered: `/api/graph/slices`, `/api/graph/series`. Times are epoch seconds. */
import type { SliceRows, StatisticsRow } from './graph.js';

/** Lengths of the rows that are stored. */
export const historyPeriods = [10, 60, 3_600] as const;
export type HistoryPeriod = (typeof historyPeriods)[number];

/** Of one answer. */
export const maxHistorySlices = 1_000;
export const maxHistoryPoints = 1_500;

/** The asked range, widened to whole periods. */
interface HistoryRange {
  from: number;
  to: number;
  period: HistoryPeriod;
  /** Starts of periods that are still open, or that something late has reached: more may come. */
  incomplete: number[];
  /** Of a group: traces of the range belong to it by an older version of its filter. */
  containsOldGroupVersions: boolean;
}

/** `slice` of each is floor(start / 10), whatever the period; a period with nothing in it is left out. */
export interface GraphSlicesAnswer extends HistoryRange {
  slices: SliceRows[];
}

/** A period in which there was nothing is left out. */
export interface GraphSeriesAnswer extends HistoryRange {
  points: [startSeconds: number, statistics: StatisticsRow][];
}
