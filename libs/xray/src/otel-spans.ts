/**
 * A document as spans of OpenTelemetry, one for the segment and one for each subsegment: names, times, kinds, outcomes, exceptions and
 * what is indexed, in the shape in which AWS writes spans to its log group. What has no place in a span stays under `aws.xray.`.
 * Attribute names: OpenTelemetry's semantic conventions for HTTP and exceptions. Iterative: a document may be nested deep.
 */
import type { EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import { isObject } from './json-values.js';

export interface OtelSpan {
  resource: { attributes: Record<string, unknown> };
  scope: { name: string };
  /** 32 hex digits. */
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: 'SERVER' | 'CLIENT' | 'INTERNAL';
  startTimeUnixNano: number;
  endTimeUnixNano?: number;
  durationNano?: number;
  attributes: Record<string, unknown>;
  status: { code: 'UNSET' | 'ERROR' };
  events: { name: 'exception'; timeUnixNano: number; attributes: Record<string, unknown> }[];
}

export function otelSpans(document: SegmentDocument): OtelSpan[] {
  const spans: OtelSpan[] = [];
  const about = aboutOf(document);
  const pending: { source: EntityDocument; parentId: string | undefined }[] = [{ source: document, parentId: document.parent_id }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { source, parentId } = next;
    spans.push({ ...about, ...spanOf(source, parentId), kind: kindOf(source, source === document && document.type !== 'subsegment') });
    for (const inner of (source.subsegments ?? []).toReversed()) pending.push({ source: inner, parentId: source.id });
  }
  return spans;
}

type About = Pick<OtelSpan, 'resource' | 'scope' | 'traceId'>;

/** A streamed subsegment does not know its service. */
function aboutOf({ trace_id, type, name, origin, resource_arn }: SegmentDocument): About {
  const attributes = {
    ...(type === 'subsegment' ? {} : { 'service.name': name }),
    ...(origin === undefined ? {} : { 'aws.xray.origin': origin }),
    ...(resource_arn === undefined ? {} : { 'cloud.resource_id': resource_arn }),
  };
  return { resource: { attributes }, scope: { name: 'aws.xray' }, traceId: trace_id.slice(2).replace('-', '') };
}

function spanOf(source: EntityDocument, parentSpanId: string | undefined): Omit<OtelSpan, keyof About | 'kind'> {
  const { id: spanId, name, start_time, end_time, fault, error, throttle } = source;
  const startTimeUnixNano = nanosOf(start_time);
  const isFailed = fault === true || error === true || throttle === true;
  const span = { spanId, name, startTimeUnixNano, attributes: attributesOf(source), events: eventsOf(source) };
  const parent = parentSpanId === undefined ? {} : { parentSpanId };
  const status = { code: isFailed ? ('ERROR' as const) : ('UNSET' as const) };
  if (typeof end_time !== 'number') return { ...span, ...parent, status };
  const endTimeUnixNano = nanosOf(end_time);
  return { ...span, ...parent, status, endTimeUnixNano, durationNano: (microsOf(end_time) - microsOf(start_time)) * 1000 };
}

function kindOf({ namespace }: EntityDocument, isSegment: boolean): OtelSpan['kind'] {
  if (isSegment) return 'SERVER';
  return namespace === 'aws' || namespace === 'remote' ? 'CLIENT' : 'INTERNAL';
}

/** What the number of a document holds. Of nanoseconds since the epoch a number holds no more. */
function microsOf(seconds: number): number {
  return Math.round(seconds * 1e6);
}

function nanosOf(seconds: number): number {
  return microsOf(seconds) * 1000;
}

function attributesOf({
  http,
  annotations,
  metadata,
  aws,
  sql,
  namespace,
  fault,
  error,
  throttle,
}: EntityDocument): Record<string, unknown> {
  const attributes: Record<string, unknown> = {
    'http.request.method': http?.request?.method,
    'url.full': http?.request?.url,
    'user_agent.original': http?.request?.user_agent,
    'client.address': http?.request?.client_ip,
    'http.response.status_code': http?.response?.status,
    'aws.xray.namespace': namespace,
    'aws.xray.aws': aws,
    'aws.xray.sql': sql,
    'aws.xray.metadata': metadata,
    'aws.xray.annotations': annotations === undefined ? undefined : Object.keys(annotations),
    'aws.xray.fault': fault,
    'aws.xray.error': error,
    'aws.xray.throttle': throttle,
    ...annotations,
  };
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null));
}

/** A cause that only points at another subsegment has none. */
function eventsOf({ cause, start_time, end_time }: EntityDocument): OtelSpan['events'] {
  const exceptions = isObject(cause) && Array.isArray(cause.exceptions) ? cause.exceptions.filter(isObject) : [];
  const timeUnixNano = nanosOf(end_time ?? start_time);
  return exceptions.map(({ type, message }) => ({
    name: 'exception',
    timeUnixNano,
    attributes: { 'exception.type': type, 'exception.message': message },
  }));
}
