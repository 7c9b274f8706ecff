/**
 * What a datum measured: one Value, Values with Counts, or StatisticValues, as the numbers that storage adds up.
 *
 * Every number that leaves here is finite, sampleCount is above 0 and minimum is not above maximum; Values that were counted 0 times are
 * left out. CloudWatch takes Values and StatisticValues in one datum: the Values are kept then, since they say more, though the set must be
 * right too. It is not checked that the Sum of a set fits its other three: CloudWatch is not known to.
 */
import { maxValuesPerDatum } from '@fluoroscope/contract/metrics';
import { decimalOf, isGiven, isMembers, type Members, readList, readNumber } from './members.js';
import type { Rejections } from './rejections.js';

export interface Samples {
  sampleCount: number;
  sum: number;
  minimum: number;
  maximum: number;
  /** [] where it was a statistic set that does not say its values. */
  values: number[];
  /** As many as `values`. They may be fractions: CloudWatch's are doubles. */
  counts: number[];
}

/** What counts less is no count: a product with it would be rounded to 0. CloudWatch's old lower limit of a value. */
const minCount = 2 ** -360;
/** Relative difference of a set's Sum from its one value times SampleCount that is rounding. */
const rounding = 1e-9;

/** Null where it is refused. */
export function readSamples(datum: Members, path: string, rejections: Rejections): Samples | null {
  const { Value: value, StatisticValues: set } = datum;
  const values = unlessEmpty(datum.Values);
  if (isGiven(value)) {
    if (isGiven(values)) rejections.mutuallyExclusive(`${path}.Value`, `${path}.Values`);
    if (isGiven(set)) rejections.mutuallyExclusive(`${path}.Value`, `${path}.StatisticValues`);
    return samplesOf([readNumber(value, `${path}.Value`, rejections)], [1]);
  }
  const ofSet = isGiven(set) ? readStatisticSet(set, `${path}.StatisticValues`, rejections) : null;
  if (isGiven(values)) return readValues({ Values: values, Counts: unlessEmpty(datum.Counts) }, path, rejections);
  if (!isGiven(set)) {
    const line = `At least one of the parameters ${path}.Value and ${path}.StatisticValues must be specified.`;
    rejections.add('InvalidParameterCombination', line);
  }
  return ofSet;
}

/** An empty list is one that was left out: the query protocol has no other way to send it. */
function unlessEmpty(list: unknown): unknown {
  return Array.isArray(list) && list.length === 0 ? undefined : list;
}

function readValues(lists: Members, path: string, rejections: Rejections): Samples | null {
  // The size of the list is what CloudWatch names in its refusal, whether or not a value comes twice.
  const limits = { most: maxValuesPerDatum, rejections };
  const values = readList(lists.Values, `${path}.Values`, limits);
  const counts = isGiven(lists.Counts) ? readList(lists.Counts, `${path}.Counts`, limits) : values.map(() => 1);
  if (values.length !== counts.length) {
    const line = `The parameters ${path}.Values and ${path}.Counts must be of the same size.`;
    rejections.add('InvalidParameterValue', line);
    return null;
  }
  const numbers = values.map((value, i) => readNumber(value, `${path}.Values.member.${i + 1}`, rejections));
  const weights = counts.map((count, i) => readCount(count, `${path}.Counts.member.${i + 1}`, rejections));
  const isCounted = (_: number, i: number) => (weights[i] ?? 0) > 0;
  const kept = numbers.filter(isCounted);
  if (kept.length > 0) return samplesOf(kept, weights.filter(isCounted));
  // Chosen: when nothing was counted, it is refused as a set with a SampleCount of 0 is.
  if (values.length > 0) rejections.invalid(`${path}.Counts.member.1`, 0);
  return null;
}

function readCount(value: unknown, parameter: string, rejections: Rejections): number {
  const count = readNumber(value, parameter, rejections);
  if (count === 0 || count >= minCount) return count;
  rejections.invalid(parameter, count);
  return 0;
}

function samplesOf(values: number[], counts: number[]): Samples {
  let sampleCount = 0;
  let sum = 0;
  for (const [i, value] of values.entries()) {
    const count = counts[i] ?? 0;
    sampleCount += count;
    sum += value * count;
  }
  return { sampleCount, sum, minimum: Math.min(...values), maximum: Math.max(...values), values, counts };
}

function readStatisticSet(set: unknown, path: string, rejections: Rejections): Samples | null {
  if (!isMembers(set)) {
    rejections.notA('object', path);
    return null;
  }
  const read = (member: string) => readNumber(set[member], `${path}.${member}`, rejections);
  const sampleCount = readCount(set.SampleCount, `${path}.SampleCount`, rejections);
  const [sum, minimum, maximum] = [read('Sum'), read('Minimum'), read('Maximum')];
  if (decimalOf(set.SampleCount) === 0) rejections.invalid(`${path}.SampleCount`, 0);
  if (minimum > maximum) rejections.add('InvalidParameterValue', `The parameter ${path}.Maximum must be greater than ${path}.Minimum.`);
  const isOneValue = minimum === maximum && Math.abs(sum - minimum * sampleCount) <= rounding * Math.abs(sum);
  const told = isOneValue ? { values: [minimum], counts: [sampleCount] } : { values: [], counts: [] };
  return { sampleCount, sum, minimum, maximum, ...told };
}
