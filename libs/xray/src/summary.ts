/**
 * The summary of a trace as GetTraceSummaries gives it, ready for JSON: AWS's member names, times in epoch seconds.
 *
 * Http, HasFault, HasError and ResponseTime are the root segment's; HasThrottle is any segment's; lists hold every distinct
 * value of the trace once. Left out: MatchedEventTime, which depends on the question.
 */
import type { AnnotationValue, EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { keptAnnotations } from './annotations.js';
import { type Entity, entityKinds, outcomeOf, outcomes } from './entities.js';
import { nodeId } from './node-key.js';
import { type RootCause, rootCausesOf } from './root-causes.js';
import { type TraceEntity, type TraceView, viewTrace } from './trace-view.js';

export interface ServiceId {
  Name: string;
  Names: string[];
  AccountId?: string;
  Type?: string;
}

/** Exactly one member. */
export type AnnotationValueShape = { NumberValue: number } | { BooleanValue: boolean } | { StringValue: string };

export interface TraceSummary {
  Id: string;
  StartTime: number;
  Duration: number;
  ResponseTime: number;
  HasFault: boolean;
  HasError: boolean;
  HasThrottle: boolean;
  IsPartial: boolean;
  Http: { HttpURL?: string; HttpStatus?: number; HttpMethod?: string; UserAgent?: string; ClientIp?: string };
  Annotations: Record<string, { AnnotationValue: AnnotationValueShape; ServiceIds: ServiceId[] }[]>;
  Users: { UserName: string; ServiceIds: ServiceId[] }[];
  ServiceIds: ServiceId[];
  ResourceARNs: { ARN: string }[];
  InstanceIds: { Id: string }[];
  AvailabilityZones: { Name: string }[];
  EntryPoint?: ServiceId;
  FaultRootCauses: RootCause[];
  ErrorRootCauses: RootCause[];
  ResponseTimeRootCauses: RootCause[];
  /** Grows with the documents of the trace. */
  Revision: number;
}

/** `documents` are of one trace, in order of arrival. */
export function summarizeTrace(documents: readonly SegmentDocument[]): TraceSummary {
  const view = viewTrace(documents);
  const items = [...view.entities.values()];
  const segments = items.filter(({ entity }) => entity.kind === entityKinds.segment);
  const root = rootOf(segments, view);
  const extent = extentOf(items);
  const causes = rootCausesOf(view, root);
  const startMicros = root?.entity.startMicros ?? extent.startMicros;
  return {
    Id: view.traceId,
    StartTime: extentOf(segments.length > 0 ? segments : items).startMicros / 1e6,
    Duration: Math.max(0, extent.endMicros - startMicros) / 1e6,
    ResponseTime: (root?.entity.responseMicros ?? 0) / 1e6,
    ...outcomeMembers(root, items),
    IsPartial: items.some(({ entity }) => entity.inProgress),
    Http: httpOf(root?.source),
    ...collected(items, view),
    ...(root?.entity.node ? { EntryPoint: serviceId(root.entity.node) } : {}),
    FaultRootCauses: causes.fault,
    ErrorRootCauses: causes.error,
    ResponseTimeRootCauses: causes.responsetime,
    Revision: documents.length,
  };
}

export function serviceId({ name, type, accountId }: NodeKey): ServiceId {
  const id: ServiceId = { Name: name, Names: [name] };
  if (accountId !== '') id.AccountId = accountId;
  if (type !== '') id.Type = type;
  return id;
}

/** The earliest segment without a parent; else without a parent that is there; else of all. */
export function rootOf(segments: readonly TraceEntity[], view: TraceView): TraceEntity | undefined {
  return (
    earliest(segments.filter(({ entity }) => entity.parentId === '')) ??
    earliest(segments.filter(({ entity }) => !view.entities.has(entity.parentId))) ??
    earliest(segments)
  );
}

function earliest(items: readonly TraceEntity[]): TraceEntity | undefined {
  let first = items[0];
  for (const item of items) if (first !== undefined && item.entity.startMicros < first.entity.startMicros) first = item;
  return first;
}

function extentOf(items: readonly TraceEntity[]): { startMicros: number; endMicros: number } {
  let startMicros = items[0]?.entity.startMicros ?? 0;
  let endMicros = 0;
  for (const { entity } of items) {
    startMicros = Math.min(startMicros, entity.startMicros);
    endMicros = Math.max(endMicros, entity.startMicros + entity.responseMicros);
  }
  return { startMicros, endMicros };
}

/** Flags as the root set them (several may be set); where it set none, by its status. */
function outcomeMembers(
  root: TraceEntity | undefined,
  items: readonly TraceEntity[],
): Pick<TraceSummary, 'HasFault' | 'HasError' | 'HasThrottle'> {
  const outcome = root?.entity.outcome ?? outcomes.ok;
  return {
    HasFault: outcome === outcomes.fault,
    HasError: root?.source.error === true || outcome === outcomes.error || outcome === outcomes.throttle,
    HasThrottle: items.some(({ source }) => source.throttle === true || outcomeOf(source) === outcomes.throttle),
  };
}

function httpOf(root: EntityDocument | undefined): TraceSummary['Http'] {
  const { request, response } = root?.http ?? {};
  const http: TraceSummary['Http'] = {};
  if (typeof request?.url === 'string') http.HttpURL = request.url;
  if (typeof request?.method === 'string') http.HttpMethod = request.method;
  if (typeof request?.user_agent === 'string') http.UserAgent = request.user_agent;
  if (typeof request?.client_ip === 'string') http.ClientIp = request.client_ip;
  if (Number.isInteger(response?.status)) http.HttpStatus = response?.status;
  return http;
}

type Collected = Pick<TraceSummary, 'Annotations' | 'Users' | 'ServiceIds' | 'ResourceARNs' | 'InstanceIds' | 'AvailabilityZones'>;

/** Distinct values, each with the services that have it. */
class Distinct<Value> {
  private readonly values = new Map<string, { value: Value; services: Map<string, NodeKey> }>();

  add(id: string, value: Value, service?: NodeKey): void {
    let known = this.values.get(id);
    if (known === undefined) {
      known = { value, services: new Map() };
      this.values.set(id, known);
    }
    if (service !== undefined) known.services.set(nodeId(service), service);
  }

  map<Shape>(shape: (value: Value, services: ServiceId[]) => Shape): Shape[] {
    return Array.from(this.values.values(), ({ value, services }) => shape(value, Array.from(services.values(), serviceId)));
  }
}

interface Collection {
  annotations: Map<string, Distinct<AnnotationValue>>;
  users: Distinct<string>;
  services: Distinct<NodeKey>;
  arns: Distinct<string>;
  instances: Distinct<string>;
  zones: Distinct<string>;
}

function collected(items: readonly TraceEntity[], view: TraceView): Collected {
  const all: Collection = {
    annotations: new Map(),
    users: new Distinct(),
    services: new Distinct(),
    arns: new Distinct(),
    instances: new Distinct(),
    zones: new Distinct(),
  };
  for (const item of items) collect(all, item, view);
  return {
    Annotations: Object.fromEntries(Array.from(all.annotations, ([key, values]) => [key, values.map(annotationOf)])),
    Users: all.users.map((UserName, ServiceIds) => ({ UserName, ServiceIds })),
    ServiceIds: all.services.map(serviceId),
    ResourceARNs: all.arns.map((ARN) => ({ ARN })),
    InstanceIds: all.instances.map((Id) => ({ Id })),
    AvailabilityZones: all.zones.map((Name) => ({ Name })),
  };
}

function collect(all: Collection, { entity, source }: TraceEntity, view: TraceView): void {
  const owner = view.ownerOf(entity);
  for (const [key, value] of keptAnnotations(source)) {
    const values = all.annotations.get(key) ?? new Distinct();
    all.annotations.set(key, values);
    values.add(typeof value + String(value), value, owner);
  }
  const service = serviceOf(entity, owner, view);
  if (service !== null) all.services.add(nodeId(service), service);
  if (entity.kind !== entityKinds.segment) return;
  const { user, resource_arn: arn, aws } = source as SegmentDocument;
  addText(all.users, user, owner);
  addText(all.arns, arn);
  addText(all.instances, member(aws?.ec2, 'instance_id'));
  for (const block of [aws?.ec2, aws?.ecs]) addText(all.zones, member(block, 'availability_zone'));
}

/** A segment's own node, or the inferred node of a call that no segment answers. */
export function serviceOf(entity: Entity, owner: NodeKey | undefined, view: TraceView): NodeKey | null {
  if (entity.kind === entityKinds.segment) return entity.node;
  return owner !== undefined && view.calleesOf(entity.id).length === 0 ? entity.node : null;
}

function addText(texts: Distinct<string>, value: unknown, service?: NodeKey): void {
  if (typeof value === 'string' && value !== '') texts.add(value, value, service);
}

function member(block: unknown, name: string): unknown {
  return typeof block === 'object' && block !== null ? (block as Record<string, unknown>)[name] : undefined;
}

/** The type is kept: the string "29" and the number 29 are two values. */
function annotationOf(value: AnnotationValue, ServiceIds: ServiceId[]): { AnnotationValue: AnnotationValueShape; ServiceIds: ServiceId[] } {
  if (typeof value === 'number') return { AnnotationValue: { NumberValue: value }, ServiceIds };
  if (typeof value === 'boolean') return { AnnotationValue: { BooleanValue: value }, ServiceIds };
  return { AnnotationValue: { StringValue: value }, ServiceIds };
}
