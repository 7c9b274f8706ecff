/**
 * Metrics as they are stored: what was measured of one, computed from its data, and which there are.
 *
 * Bounded as every read (`readLimits`): what needs more rows, time or memory than one may have is refused, which its caller says.
 */
import type { Metric, MetricPeriod } from '@fluoroscope/contract/metrics';
import { type ClickHouseClient, queryText, rowsOf, rowsOfText } from './clickhouse.js';
import { namesAndValues, seenAgainSeconds } from './metric-facts.js';

/**
 * Values that are added up as they are, in one answer: as many as are read and sent in half a second. Of more each is rounded, so that a
 * busy metric has percentiles too; the least and the greatest stay what they are.
 */
const maxExactValues = 200_000;
/**
 * Bits of a rounded value behind its first: 2^8 values from one power of two to the next are within 0.2 %, 2^5 within 1.6 %. What comes
 * from many periods is held in memory at once, so each has fewer: over twenty powers of two half a million, or a million of 1,440 periods.
 */
const roundedBits = [
  { maxPeriods: 100, bits: 8 },
  { maxPeriods: 400, bits: 6 },
  { maxPeriods: Number.POSITIVE_INFINITY, bits: 5 },
] as const;
const mantissaBits = 52n;
/** Of an answer: two million values with their counts. */
const maxResultBytes = '32000000';

export interface PeriodsQuery {
  metric: Metric;
  /** Epoch seconds: inclusive, and where the first period begins. */
  from: number;
  /** Exclusive. */
  to: number;
  /** Seconds. */
  period: number;
  /** Every unit, without it. */
  unit?: string | undefined;
  withValues: boolean;
}

export interface MetricsQuery {
  namespace?: string | undefined;
  name?: string | undefined;
  /** A metric has all of these, and may have more. */
  dimensions: readonly { name: string; value?: string | undefined }[];
  /** Data of it were received since then, epoch seconds; perhaps up to 50 minutes before. */
  since: number;
  after?: Metric | undefined;
  limit: number;
}

type PeriodRow = [
  startMs: number,
  unit: string,
  sampleCount: number,
  sum: number,
  minimum: number,
  maximum: number,
  unsaid: number,
  values: [values: number[], counts: number[]],
];

const withoutValues = '1, ([], [])';

export class MetricReader {
  constructor(private readonly client: ClickHouseClient) {}

  /** In order of their begin and unit; only periods that have data. A period has values only if every datum in it says its own. */
  async periods(query: PeriodsQuery): Promise<MetricPeriod[]> {
    const { metric, from, to, period, unit = '', withValues } = query;
    const text = queryText('metric-periods').replace('/* values */', withValues ? queryText('metric-values').trimEnd() : withoutValues);
    const params = {
      namespace: metric.namespace,
      name: metric.name,
      ...namesAndValues(metric.dimensions),
      from: Math.ceil(from * 1000),
      to: Math.ceil(to * 1000),
      period: period * 1000,
      unit,
      ...(withValues && roundingOf((to - from) / period)),
    };
    return (await rowsOfText<PeriodRow>(this.client, text, { params, settings: { max_result_bytes: maxResultBytes } })).map(periodOf);
  }

  /** By namespace, name and dimensions; `after` goes on behind the last one of the page before. */
  metrics({ namespace = '', name = '', dimensions, since, after, limit }: MetricsQuery): Promise<Metric[]> {
    const pairs = namesAndValues(dimensions.flatMap(({ name: of, value }) => (value === undefined ? [] : [{ name: of, value }])));
    const behind = namesAndValues(after?.dimensions ?? []);
    const params = {
      namespace,
      name,
      names: dimensions.map((dimension) => dimension.name),
      pair_names: pairs.names,
      pair_values: pairs.values,
      since: Math.max(0, Math.floor(since) - seenAgainSeconds),
      after_namespace: after?.namespace ?? '',
      after_name: after?.name ?? '',
      after_names: behind.names,
      after_values: behind.values,
      limit,
    };
    return rowsOf<[string, string, Metric['dimensions']]>(this.client, 'metrics', params).then((rows) => rows.map(metricOf));
  }
}

function roundingOf(periods: number) {
  const { bits } = roundedBits.find(({ maxPeriods }) => periods <= maxPeriods) ?? roundedBits[2];
  const step = 1n << (mantissaBits - BigInt(bits));
  return { max_values: maxExactValues, half: String(step / 2n), kept: String(2n ** 64n - step) };
}

function metricOf([namespace, name, dimensions]: [string, string, Metric['dimensions']]): Metric {
  return { namespace, name, dimensions };
}

function periodOf([startMs, unit, sampleCount, sum, minimum, maximum, unsaid, [values, counts]]: PeriodRow): MetricPeriod {
  const pairs = values.map((value, at) => [Math.min(Math.max(value, minimum), maximum), counts[at] ?? 0] as const);
  return { start: startMs / 1000, unit, sampleCount, sum, minimum, maximum, values: unsaid > 0 ? null : pairs };
}
