/**
 * Parses and validates one call of PutMetricData, by CloudWatch's rules and in its words: the same for who answers the call and for who
 * reads it from the log, however late, since times are judged against when it was received.
 *
 * Never throws. All or nothing: one datum that is refused refuses the call. Order: that of the document, MetricData before EntityMetricData.
 * Bounds: CloudWatch's numbers of data, values and dimensions; not the size of the text, which is the transport's to limit. Left out: the
 * entities, of which only the data are kept.
 *
 * Accepted although CloudWatch keeps them to itself: namespaces that begin with `AWS/`, so that an application can play the metrics of
 * AWS's services to itself. Source: CloudWatch API Reference, PutMetricData, MetricDatum, Dimension, StatisticSet.
 */
import { type Metric, type MetricDimension, maxDataPerPut, maxDimensions } from '@fluoroscope/contract/metrics';
import { decimalOf, isGiven, isMembers, type Members, readList, readText } from './members.js';
import { type MetricDataRejection, Rejections } from './rejections.js';
import { readSamples, type Samples } from './samples.js';
import { readTimestamp } from './timestamps.js';

export type { MetricDataRejection } from './rejections.js';

export interface Datum extends Samples {
  metric: Metric;
  /** As it was sent: storage counts it into the period in which it lies. */
  timestampMs: number;
  unit: string;
  resolutionSeconds: 1 | 60;
}

/** `data` has the order of the call, and at least one. */
export type MetricData = { id: string | null; data: Datum[]; rejected?: undefined } | { rejected: MetricDataRejection };

/** CloudWatch's StandardUnit, in the order in which it lists them. */
export const units = [
  ...['Seconds', 'Microseconds', 'Milliseconds'],
  ...['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes'],
  ...['Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits'],
  ...['Percent', 'Count'],
  ...['Bytes/Second', 'Kilobytes/Second', 'Megabytes/Second', 'Gigabytes/Second', 'Terabytes/Second'],
  ...['Bits/Second', 'Kilobits/Second', 'Megabits/Second', 'Gigabits/Second', 'Terabits/Second'],
  ...['Count/Second', 'None'],
] as const;
const knownUnits: ReadonlySet<unknown> = new Set(units);

const maxNameLength = 255;
const maxDimensionValueLength = 1024;
const maxEntities = 2;
/** Ours are UUIDs; who produces documents without us may have longer names for them. */
const maxIdLength = 256;

/** What all data of a call share. */
interface Call {
  namespace: string;
  receivedAtMs: number;
  slackMs: number;
  rejections: Rejections;
}

/** `text` is JSON of a MetricDataDocument. A timestamp may lie `slackSeconds` outside CloudWatch's window, on both sides. */
export function readMetricData(text: string, receivedAtSeconds: number, slackSeconds = 0): MetricData {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { rejected: { code: 'ValidationError', message: 'The document is not JSON.' } };
  }
  return parseMetricData(document, receivedAtSeconds, slackSeconds);
}

/** `document` is a MetricDataDocument, or PutMetricData's input, as any JSON may be; `slackSeconds` as above. */
export function parseMetricData(document: unknown, receivedAtSeconds: number, slackSeconds = 0): MetricData {
  if (!isMembers(document)) return { rejected: { code: 'ValidationError', message: 'The document is not an object.' } };
  const rejections = new Rejections();
  const id = isGiven(document.Id) ? readText(document.Id, 'Id', { most: maxIdLength, rejections }) : null;
  const times = { receivedAtMs: receivedAtSeconds * 1_000, slackMs: slackSeconds * 1_000 };
  const call = { namespace: readNamespace(document.Namespace, rejections), ...times, rejections };
  const data = sentData(document, rejections).flatMap(([path, datum]) => readDatum(datum, path, call) ?? []);
  const rejected = rejections.rejection();
  return rejected === null ? { id, data } : { rejected };
}

function readNamespace(value: unknown, rejections: Rejections): string {
  const namespace = readText(value, 'Namespace', { most: maxNameLength, rejections });
  if (namespace.startsWith(':')) rejections.invalid('Namespace', namespace);
  return namespace;
}

/** All data of a call, each with the path by which messages name it; [] where there are none, or too many. */
function sentData(document: Members, rejections: Rejections): [path: string, datum: unknown][] {
  const limits = { most: maxDataPerPut, rejections };
  const entities = readList(document.EntityMetricData, 'EntityMetricData', { most: maxEntities, rejections });
  const data = [
    ...placed(readList(document.MetricData, 'MetricData', limits), 'MetricData'),
    ...entities.flatMap((entity, i) => {
      const path = `EntityMetricData.member.${i + 1}`;
      if (!isMembers(entity)) rejections.notA('object', path);
      return isMembers(entity) ? placed(readList(entity.MetricData, `${path}.MetricData`, limits), `${path}.MetricData`) : [];
    }),
  ];
  if (data.length === 0) rejections.missing('MetricData');
  if (data.length <= maxDataPerPut) return data;
  rejections.tooMany('MetricData', maxDataPerPut);
  return [];
}

function placed(data: unknown[], list: string): [path: string, datum: unknown][] {
  return data.map((datum, i) => [`${list}.member.${i + 1}`, datum]);
}

/** Null where it is refused; what is refused in part may be answered too, since nothing of such a call is kept. */
function readDatum(datum: unknown, path: string, call: Call): Datum | null {
  const { namespace, rejections } = call;
  if (!isMembers(datum)) {
    rejections.notA('object', path);
    return null;
  }
  const metric = {
    namespace,
    name: readText(datum.MetricName, `${path}.MetricName`, { most: maxNameLength, rejections }),
    dimensions: readDimensions(datum.Dimensions, `${path}.Dimensions`, rejections),
  };
  const timestampMs = readTimestamp(datum.Timestamp, `${path}.Timestamp`, call);
  const unit = readUnit(datum.Unit, `${path}.Unit`, rejections);
  const resolutionSeconds = readResolution(datum.StorageResolution, `${path}.StorageResolution`, rejections);
  const samples = readSamples(datum, path, rejections);
  return samples === null ? null : { metric, timestampMs, unit, resolutionSeconds, ...samples };
}

function readDimensions(value: unknown, path: string, rejections: Rejections): MetricDimension[] {
  const sent = readList(value, path, { most: maxDimensions, rejections });
  const dimensions = sent.map((dimension, i) => readDimension(dimension, `${path}.member.${i + 1}`, rejections));
  const names = dimensions.map(({ name }) => name).filter((name) => name !== '');
  if (new Set(names).size < names.length) rejections.add('InvalidParameterValue', 'No metric may specify the same dimension name twice.');
  // By their bytes, as ClickHouse sorts: the locale of a machine must not decide what is one metric.
  return dimensions.sort((one, other) => (one.name < other.name ? -1 : 1));
}

function readDimension(value: unknown, path: string, rejections: Rejections): MetricDimension {
  if (!isMembers(value)) rejections.notA('object', path);
  const { Name, Value } = isMembers(value) ? value : {};
  const name = readText(Name, `${path}.Name`, { most: maxNameLength, rejections });
  if (name.startsWith(':')) rejections.invalid(`${path}.Name`, name);
  return { name, value: readText(Value, `${path}.Value`, { most: maxDimensionValueLength, rejections }) };
}

function readUnit(value: unknown, parameter: string, rejections: Rejections): string {
  if (!isGiven(value) || value === '') return 'None';
  if (!knownUnits.has(value)) rejections.notOneOf(parameter, units);
  return String(knownUnits.has(value) ? value : 'None');
}

function readResolution(value: unknown, parameter: string, rejections: Rejections): 1 | 60 {
  const seconds = isGiven(value) && value !== '' ? decimalOf(value) : 60;
  if (seconds === 1 || seconds === 60) return seconds;
  rejections.notOneOf(parameter, [1, 60]);
  return 60;
}
