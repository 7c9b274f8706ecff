/**
 * Metrics as they cross a process: in the log of metrics, and between storage and who answers CloudWatch's operations.
 *
 * One document of that log is what one call of PutMetricData says, in AWS's own members, so that the call is kept or refused as a
 * whole, and an application can produce it without us. Source: CloudWatch API Reference, PutMetricData and MetricDatum.
 */

/** As JSON in the log. Numbers may be the texts "NaN", "Infinity" and "-Infinity", as in AWS JSON. */
export interface MetricDataDocument {
  /** Of the call: what has the same one is the same write, however often it is read. Absent: known by its place in the log. */
  Id?: string;
  Namespace: string;
  MetricData: MetricDatum[];
}

export interface MetricDatum {
  MetricName: string;
  Dimensions?: Dimension[];
  /** Epoch seconds, or ISO 8601; when it was received where it is absent. */
  Timestamp?: number | string;
  Unit?: string;
  /** Seconds: 1 or 60. */
  StorageResolution?: number;
  /** Exactly one of these three. */
  Value?: number | string;
  StatisticValues?: StatisticSet;
  Values?: (number | string)[];
  /** As many as `Values`; each 1 where absent. */
  Counts?: (number | string)[];
}

export interface Dimension {
  Name: string;
  Value: string;
}

export interface StatisticSet {
  SampleCount: number | string;
  Sum: number | string;
  Minimum: number | string;
  Maximum: number | string;
}

/** What is told apart as one metric: the unit and the resolution are no part of it. */
export interface Metric {
  namespace: string;
  name: string;
  /** In the order of their names. */
  dimensions: readonly MetricDimension[];
}

export interface MetricDimension {
  name: string;
  value: string;
}

/** All that was measured of one metric in one period, in one unit. */
export interface MetricPeriod {
  /** Its begin, epoch seconds. */
  start: number;
  unit: string;
  sampleCount: number;
  sum: number;
  minimum: number;
  maximum: number;
  /** Each value with how often it was measured, in order of the values; null where a statistic set has said less than that, or nobody asked. */
  values: readonly (readonly [value: number, count: number])[] | null;
}

/** PutMetricData takes at most this many data in one call. */
export const maxDataPerPut = 1_000;
/** Different values of one datum. */
export const maxValuesPerDatum = 150;
export const maxDimensions = 30;
/** A datum with an older timestamp is refused, and one that is further ahead. */
export const maxDatumAgeSeconds = 14 * 86_400;
export const maxDatumAheadSeconds = 2 * 3_600;
