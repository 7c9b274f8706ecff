/** GetMetricStatistics: datapoints of one metric, period by period, each unit apart; at most 1,440 periods a call. */
import { units } from '@fluoroscope/cloudwatch/metric-data';
import { alignedRange, hasPeriod, isPeriod } from '@fluoroscope/cloudwatch/periods';
import { needsValues, parseStatistic, type Statistic, statisticOf } from '@fluoroscope/cloudwatch/statistics';
import { type MetricPeriod, maxDimensions } from '@fluoroscope/contract/metrics';
import { CloudWatchError } from '../protocol/cloudwatch-errors.js';
import { list, type Members, oneOf, optional, structure, text, timestamp, whole } from '../protocol/fields.js';
import type { OutputStructure } from '../protocol/wire-protocol.js';
import { dimensionField, dimensionsInput, inOrder, metricNameField } from './dimensions.js';
import type { MetricSource } from './metric-source.js';
import type { Operation, ReceivedCall } from './operation.js';

const basicStatistics = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;
type BasicStatistic = (typeof basicStatistics)[number];
const maxExtendedStatistics = 10;
const maxDatapoints = 1_440;
/** 2100-01-01: storage keeps no time behind it. */
const latestSeconds = 4_102_444_800;

const getMetricStatistics = structure({
  Namespace: metricNameField,
  MetricName: metricNameField,
  Dimensions: optional(list(dimensionField, { max: maxDimensions })),
  StartTime: timestamp,
  EndTime: timestamp,
  Period: whole({ min: 1, max: latestSeconds }),
  Statistics: optional(list(oneOf(...basicStatistics), { max: basicStatistics.length })),
  ExtendedStatistics: optional(list(text(), { max: maxExtendedStatistics })),
  Unit: optional(oneOf(...units)),
});
type Query = ReturnType<typeof getMetricStatistics>;

interface Asked {
  basic: (readonly [BasicStatistic, Statistic])[];
  extended: (readonly [string, Statistic])[];
}

export class GetMetricStatistics implements Operation {
  readonly input = {
    Namespace: 'text',
    MetricName: 'text',
    Dimensions: dimensionsInput,
    StartTime: 'text',
    EndTime: 'text',
    Period: 'number',
    Statistics: ['text'],
    ExtendedStatistics: ['text'],
    Unit: 'text',
  } as const;

  constructor(private readonly metrics: MetricSource) {}

  async run(members: Members, { nowMs }: ReceivedCall): Promise<OutputStructure> {
    const query = getMetricStatistics(members, '');
    const asked = statisticsOf(query);
    checkTime(query);
    const periods = await this.periods(query, asked, nowMs / 1000);
    return { Label: query.MetricName, Datapoints: periods.flatMap((period) => datapointOf(period, asked)) };
  }

  /** A period that is too short for how long ago it was has no data, and is no error. */
  private async periods(query: Query, { basic, extended }: Asked, nowSeconds: number): Promise<MetricPeriod[]> {
    const range = { start: query.StartTime, end: query.EndTime, period: query.Period };
    if (!hasPeriod(range, nowSeconds)) return [];
    const { start, end } = alignedRange(range, nowSeconds);
    return this.metrics.periods({
      metric: { namespace: query.Namespace, name: query.MetricName, dimensions: inOrder(query.Dimensions ?? []) },
      from: start,
      to: end,
      period: query.Period,
      ...(query.Unit !== undefined && { unit: query.Unit }),
      withValues: [...basic, ...extended].some(([, statistic]) => needsValues(statistic)),
    });
  }
}

function statisticsOf({ Statistics = [], ExtendedStatistics = [] }: Query): Asked {
  if (Statistics.length === 0 && ExtendedStatistics.length === 0)
    throw new CloudWatchError('InvalidParameterCombination', 'Must specify either Statistics or ExtendedStatistics');
  if (Statistics.length > 0 && ExtendedStatistics.length > 0) throw new CloudWatchError('InvalidParameterCombination', both);
  const basic = Statistics.map((name) => [name, statisticNamed(name)] as const);
  const extended = ExtendedStatistics.map((name, at) => [name, extendedNamed(name, at + 1)] as const);
  return { basic, extended };
}

const both = 'The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.';

function statisticNamed(name: BasicStatistic): Statistic {
  const statistic = parseStatistic(name);
  if (statistic === null) throw new Error(`the statistic ${name} is not known`);
  return statistic;
}

function extendedNamed(name: string, at: number): Statistic {
  const statistic = basicStatistics.some((basic) => basic === name) ? null : parseStatistic(name);
  if (statistic !== null) return statistic;
  const shown = name.slice(0, 100);
  throw new CloudWatchError('InvalidParameterValue', `The value ${shown} for parameter ExtendedStatistics.member.${at} is not supported.`);
}

function checkTime({ StartTime: start, EndTime: end, Period: period }: Query): void {
  if (start >= end) throw invalidValue('The parameter StartTime must be less than the parameter EndTime.');
  if (start < 0 || end > latestSeconds) throw invalidValue('The parameters StartTime and EndTime must lie between 1970 and 2100.');
  if (!isPeriod(period)) throw invalidValue('The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.');
  const datapoints = Math.ceil((end - start) / period);
  if (datapoints <= maxDatapoints) return;
  const limit = `You have requested up to ${datapoints} datapoints, which exceeds the limit of ${maxDatapoints}.`;
  const advice = 'You may reduce the datapoints requested by increasing Period, or decreasing the time range.';
  throw new CloudWatchError('InvalidParameterCombination', `${limit} ${advice}`);
}

function invalidValue(message: string): CloudWatchError {
  return new CloudWatchError('InvalidParameterValue', message);
}

/** None where nothing that was asked for can be told of the period. */
function datapointOf(period: MetricPeriod, { basic, extended }: Asked): OutputStructure[] {
  const told = toldOf(basic, period);
  const toldMore = toldOf(extended, period);
  if (told.length + toldMore.length === 0) return [];
  const more = toldMore.length > 0 ? { ExtendedStatistics: new Map(toldMore) } : {};
  return [{ Timestamp: new Date(period.start * 1000), ...Object.fromEntries(told), Unit: period.unit, ...more }];
}

function toldOf(statistics: readonly (readonly [string, Statistic])[], period: MetricPeriod): [string, number][] {
  return statistics.flatMap(([name, statistic]) => {
    const value = statisticOf(statistic, period);
    return value === null ? [] : [[name, value] satisfies [string, number]];
  });
}
