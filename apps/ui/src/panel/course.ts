/** The course of a node or a call: rows of the graph over time, turned into the three charts of the panel. */
import type { StatisticsRow } from '@fluoroscope/contract/graph';
import type { HistoryPeriod } from '@fluoroscope/contract/history';
import { formatPercentile, formatRate, formatShare, sayPercentile, sayRate, sayShare } from '@fluoroscope/format/format';
import { percentile } from '@fluoroscope/xray/histogram';
import type { Chart } from '../charts/lines.js';

/** When a period begins, epoch seconds, and what was counted in it. */
export type CoursePoint = readonly [startSeconds: number, row: StatisticsRow];

export interface Course {
  /** Seconds that each point stands for. */
  period: number;
  times: number[];
  /** Null: nothing was counted. */
  rows: Array<StatisticsRow | null>;
}

/** One point for every whole period from `from` up to `to`, which is left out when it still fills. */
export function courseOf(points: Iterable<CoursePoint>, { from, to, period }: { from: number; to: number; period: number }): Course {
  const known = new Map(points);
  const course: Course = { period, times: [], rows: [] };
  const first = Math.ceil(from / period) * period;
  for (let start = first; start + period <= to; start += period) {
    course.times.push(start);
    course.rows.push(known.get(start) ?? null);
  }
  return course;
}

export function requestsOf([ok, error, throttle, fault]: StatisticsRow): number {
  return ok + error + throttle + fault;
}

const failures = [
  { name: 'fault', at: 3, dash: undefined },
  { name: 'error', at: 1, dash: [6, 3] },
  { name: 'throttle', at: 2, dash: [2, 2] },
] as const;

const times = [
  { name: 'p50', percent: 50, colour: 'series1', dash: undefined },
  { name: 'p95', percent: 95, colour: 'series2', dash: [6, 3] },
  { name: 'p99', percent: 99, colour: 'series3', dash: [2, 2] },
] as const;

/** Rate, shares of what was not ok, and response times. */
export function chartsOf({ period, rows }: Course): Chart[] {
  const share = (at: 1 | 2 | 3) => rows.map((row) => (row && requestsOf(row) > 0 ? row[at] / requestsOf(row) : null));
  return [
    {
      title: 'Rate',
      lines: [{ name: 'requests', colour: 'series1', values: rows.map((row) => (row ? requestsOf(row) / period : 0)) }],
      format: formatRate,
      say: sayRate,
    },
    {
      title: 'Not ok, share of requests',
      lines: failures.map(({ name, at, dash }) => ({ name, colour: name, ...(dash ? { dash } : {}), values: share(at) })),
      format: (value) => formatShare(value ?? 0, value === null ? 0 : 1),
      say: (value) => sayShare(value ?? 0, value === null ? 0 : 1),
    },
    {
      title: 'Response time',
      lines: times.map(({ name, percent, colour, dash }) => ({
        name,
        colour,
        ...(dash ? { dash } : {}),
        values: rows.map((row) => (row && row[6].length > 0 ? percentile(row[6], percent) : null)),
      })),
      format: formatPercentile,
      say: sayPercentile,
    },
  ];
}

/** Few enough points to be read one by one, from rows that are stored as they are. */
export function periodOf(seconds: number): HistoryPeriod {
  if (seconds <= 1_800) return 10;
  return seconds <= 43_200 ? 60 : 3_600;
}

/** A longer period changes more slowly. */
export function pollMs(period: HistoryPeriod): number {
  return period === 3_600 ? 60_000 : 10_000;
}

export function seriesPath({ kind, id, period, from, to, group }: SeriesQuestion): string {
  const query = new URLSearchParams({ [kind]: id, from: from.toFixed(3), to: to.toFixed(3), period: String(period) });
  if (group !== null) query.set('group', group);
  return `/api/graph/series?${query}`;
}

export interface SeriesQuestion {
  kind: 'node' | 'edge';
  id: string;
  period: HistoryPeriod;
  from: number;
  to: number;
  /** Null: of everything. */
  group: string | null;
}
