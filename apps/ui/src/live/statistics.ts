/** What the page shows of one node or edge. Shares and percentiles cover the window, the rate its last ten seconds. */
import { type StatisticsRow, sliceSeconds } from '@fluoroscope/contract/graph';
import { liveWindowSeconds } from '@fluoroscope/contract/live';
import type { Rates } from '@fluoroscope/xray/graph-window';
import { percentile } from '@fluoroscope/xray/histogram';
import type { GraphStatistics } from '@fluoroscope/xray/service-graph';
import type { Outcomes } from '../map/ring.js';

/** Slices of the window; the newest is still filling. */
export const windowSlices = liveWindowSeconds / sliceSeconds;
export const windowMinutes = liveWindowSeconds / 60;
/** Below this many requests a share is written as "3 of 7". */
export const smallSample = 20;

export interface Figures {
  outcomes: Outcomes;
  inProgress: number;
  total: number;
  /** Requests per second, in all and by outcome. */
  ratePerSecond: number;
  rates: Rates;
  /** Null without requests. */
  averageMicros: number | null;
  /** Flat bucket, count pairs. */
  histogram: readonly number[];
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
}

export const noOutcomes: Outcomes = { ok: 0, error: 0, throttle: 0, fault: 0 };

export function sumRates({ ok, error, throttle, fault }: Rates): number {
  return ok + error + throttle + fault;
}

/** The statistics change in place, the figures do not. */
export function figuresOf(statistics: GraphStatistics, rates: Rates): Figures {
  const { ok, error, throttle, fault, inProgress, totalMicros } = statistics;
  const total = ok + error + throttle + fault;
  const histogram = statistics.histogram.slice();
  return {
    outcomes: { ok, error, throttle, fault },
    inProgress,
    total,
    ratePerSecond: sumRates(rates),
    rates,
    averageMicros: total === 0 ? null : totalMicros / total,
    histogram,
    ...percentilesOf(histogram),
  };
}

/** Microseconds; null where nothing is counted. */
export function percentilesOf(histogram: readonly number[]): Pick<Figures, 'p50' | 'p90' | 'p95' | 'p99'> {
  const at = (percent: number) => (histogram.length === 0 ? null : percentile(histogram, percent));
  return { p50: at(50), p90: at(90), p95: at(95), p99: at(99) };
}

export interface Series {
  /** Requests per second, oldest first, one per slice. */
  rate: number[];
  /** Share of requests that were not ok; null where there were none. */
  trouble: Array<number | null>;
  /** Microseconds; null where there were no requests. */
  p95: Array<number | null>;
}

/** One point per slice of the window, up to the newest that has ended: the one that fills would always dive. */
export function seriesOf(slices: ReadonlyMap<number, StatisticsRow>, nowMs: number): Series {
  const open = Math.floor(nowMs / 1_000 / sliceSeconds);
  const series: Series = { rate: [], trouble: [], p95: [] };
  for (let slice = open - windowSlices + 1; slice < open; slice++) {
    const row = slices.get(slice);
    const requests = row ? row[0] + row[1] + row[2] + row[3] : 0;
    series.rate.push(requests / sliceSeconds);
    series.trouble.push(row && requests > 0 ? (requests - row[0]) / requests : null);
    series.p95.push(row && requests > 0 ? percentile(row[6], 95) : null);
  }
  return series;
}
