/**
 * CloudWatch's statistics: how they are written, and what each is of one period.
 *
 * All but the five basic ones are told from the values with their counts. A count is a weight and may be a fraction, so it is said here once
 * what is meant: the samples lie in the order of their values on a line from 0 to their whole weight W, each as long as its count, and
 * `a%` is the point a/100 * W of that line.
 *
 * - pNN is the value at that point, by nearest rank: the least value that, with all below it, weighs at least NN % of W.
 * - TM, TC and TS of (a%:b%) are mean, weight and sum of the stretch from a% to b%: a value that lies across a bound is taken with the part of
 *   its count inside. So TC of 10 samples from 0 % to 25 % is 2.5.
 * - WM of (a%:b%) has the whole weight: what lies before a% counts as the first value of the stretch, what lies behind b% as its last.
 * - TM, TC and TS of (a:b) are of the values above a and up to b, WM moves the others to the bound that they are beyond, and PR is the
 *   share of those values in percent.
 *
 * CloudWatch does not publish its algorithm and answers from a compressed distribution; these are exact. As in CloudWatch, there are none of
 * a period with a negative value, nor of one with a statistic set that does not say its values.
 * Source: CloudWatch User Guide, Statistics definitions; the pattern of `Stat` in the API Reference.
 */
import type { MetricPeriod } from '@fluoroscope/contract/metrics';

export type Statistic = { kind: BasicKind } | { kind: 'percentile'; percent: number } | RangedStatistic;

type BasicKind = 'SampleCount' | 'Sum' | 'Average' | 'Minimum' | 'Maximum';

interface RangedStatistic {
  kind: 'trimmedMean' | 'trimmedCount' | 'trimmedSum' | 'winsorizedMean' | 'percentileRank';
  bounds: 'percent' | 'value';
  /** Open where null. */
  from: number | null;
  to: number | null;
}

type Weighted = NonNullable<MetricPeriod['values']>;

/** The length of the longest statistic that CloudWatch takes. */
const maxStatisticLength = 50;
const basicKinds: ReadonlySet<string> = new Set<BasicKind>(['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum']);
const rangedKinds: Readonly<Record<string, RangedStatistic['kind']>> = {
  TM: 'trimmedMean',
  TC: 'trimmedCount',
  TS: 'trimmedSum',
  WM: 'winsorizedMean',
  PR: 'percentileRank',
};
const short = /^(p|tm|tc|ts|wm)(\d{1,2}(?:\.\d{0,10})?|100)$/;
const percents = /^(TM|TC|TS|WM)\((?:([\d.]+)%)?:(?:([\d.]+)%)?\)$/;
const bounds = /^(TM|TC|TS|WM|PR)\(([\d.eE+-]*):([\d.eE+-]*)\)$/;
const percent = /^(\d{1,2}(\.\d{0,10})?|100(\.0{0,10})?)$/;
const bound = /^\d+(\.\d{0,10})?([eE][+-]?\d+)?$/;

/** Null for what is no statistic, and for a range that is open on both sides or ends before it begins. */
export function parseStatistic(text: string): Statistic | null {
  if (text.length > maxStatisticLength) return null;
  if (isBasic(text)) return { kind: text };
  if (text === 'IQM') return { kind: 'trimmedMean', bounds: 'percent', from: 25, to: 75 };
  return parseShort(text) ?? parseRange(text);
}

function isBasic(text: string): text is BasicKind {
  return basicKinds.has(text);
}

/** `p99`, and `tm99`, which is `TM(:99%)`. */
function parseShort(text: string): Statistic | null {
  const [, name = '', number] = short.exec(text) ?? [];
  if (number === undefined) return null;
  const kind = rangedKinds[name.toUpperCase()];
  return kind === undefined ? { kind: 'percentile', percent: Number(number) } : { kind, bounds: 'percent', from: null, to: Number(number) };
}

function parseRange(text: string): Statistic | null {
  const ofPercents = percents.exec(text);
  const [, name = '', from = '', to = ''] = ofPercents ?? bounds.exec(text) ?? [];
  const kind = rangedKinds[name];
  const pattern = ofPercents === null ? bound : percent;
  if (kind === undefined || (from === '' && to === '')) return null;
  if ([from, to].some((side) => side !== '' && !(pattern.test(side) && Number.isFinite(Number(side))))) return null;
  if (from !== '' && to !== '' && Number(from) > Number(to)) return null;
  return {
    kind,
    bounds: ofPercents === null ? 'value' : 'percent',
    from: from === '' ? null : Number(from),
    to: to === '' ? null : Number(to),
  };
}

/** Whether it is told from the values of a period. */
export function needsValues(statistic: Statistic): boolean {
  return !basicKinds.has(statistic.kind);
}

/** Null where it cannot be told of this period, which then has no datapoint. */
export function statisticOf(statistic: Statistic, period: MetricPeriod): number | null {
  const value = told(statistic, period);
  return value !== null && Number.isFinite(value) ? value : null;
}

function told(statistic: Statistic, period: MetricPeriod): number | null {
  switch (statistic.kind) {
    case 'SampleCount':
      return period.sampleCount;
    case 'Sum':
      return period.sum;
    case 'Average':
      return period.sum / period.sampleCount;
    case 'Minimum':
      return period.minimum;
    case 'Maximum':
      return period.maximum;
    default:
      return period.values === null ? null : toldFromValues(statistic, period.values);
  }
}

function toldFromValues(statistic: Exclude<Statistic, { kind: BasicKind }>, all: Weighted): number | null {
  const values = all.filter(([, count]) => count > 0);
  if (values.length === 0 || values.some(([value]) => value < 0)) return null;
  if (statistic.kind === 'percentile') return percentileOf(values, statistic.percent);
  return statistic.bounds === 'percent' ? ofStretch(statistic, values) : ofValues(statistic, values);
}

function weightOf(values: Weighted): number {
  return values.reduce((sum, [, count]) => sum + count, 0);
}

function sumOf(values: Weighted): number {
  return values.reduce((sum, [value, count]) => sum + value * count, 0);
}

/** Part of the whole weight that is rounding: 0.1 + 0.2 must reach 0.3. */
const rounding = 1e-12;

function percentileOf(values: Weighted, percentile: number): number | null {
  const whole = weightOf(values);
  const rank = (percentile * whole) / 100 - whole * rounding;
  let weight = 0;
  const found = values.find(([, count]) => {
    weight += count;
    return weight >= rank;
  });
  // The greatest value is p100, however little it weighs.
  return (percentile === 100 ? values.at(-1) : found)?.[0] ?? null;
}

function ofStretch({ kind, from, to }: RangedStatistic, values: Weighted): number | null {
  const whole = weightOf(values);
  const begin = ((from ?? 0) * whole) / 100;
  const end = ((to ?? 100) * whole) / 100;
  const stretch = stretchOf(values, begin, end);
  if (kind !== 'winsorizedMean') return ofTrimmed(kind, stretch);
  // A stretch without length is a point, and all weight lies at its value.
  const first = stretch[0]?.[0] ?? percentileOf(values, to ?? 100);
  const last = stretch.at(-1)?.[0] ?? first;
  if (first === null || last === null) return null;
  return (first * begin + sumOf(stretch) + last * (whole - end)) / whole;
}

/** The values of a stretch of the line, each with what of its count lies inside: all of it, or more than rounding. */
function stretchOf(values: Weighted, begin: number, end: number): Weighted {
  const least = weightOf(values) * rounding;
  let before = 0;
  return values.flatMap(([value, count]) => {
    const from = before;
    before += count;
    if (from >= begin - least && before <= end + least) return [[value, count] as const];
    const inside = Math.min(before, end) - Math.max(from, begin);
    return inside > least ? [[value, inside] as const] : [];
  });
}

function ofValues({ kind, from, to }: RangedStatistic, values: Weighted): number | null {
  const least = from ?? Number.NEGATIVE_INFINITY;
  const most = to ?? Number.POSITIVE_INFINITY;
  if (kind === 'winsorizedMean') {
    const moved = values.map(([value, count]) => [Math.min(Math.max(value, least), most), count] as const);
    return sumOf(moved) / weightOf(values);
  }
  const inside = values.filter(([value]) => value > least && value <= most);
  return kind === 'percentileRank' ? (100 * weightOf(inside)) / weightOf(values) : ofTrimmed(kind, inside);
}

/** The mean of nothing is none; its count and its sum are 0. */
function ofTrimmed(kind: RangedStatistic['kind'], inside: Weighted): number | null {
  if (kind === 'trimmedCount') return weightOf(inside);
  if (kind === 'trimmedSum') return sumOf(inside);
  return inside.length === 0 ? null : sumOf(inside) / weightOf(inside);
}
