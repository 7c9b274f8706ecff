/**
 * Flattens a document into entities: one for the segment and one for each subsegment, as the service graph sees them.
 * This is the one place that decides names, types, outcomes and times; the writer stores entities, the live fold and
 * the plain service graph count them. Iterative: a document may be nested 10,000 deep.
 */
import type { EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { type EntityFacets, segmentFacets, subsegmentFacets } from './entity-facets.js';
import { inferredNode } from './inferred.js';
import { numberOf } from './json-values.js';
import { nodeName } from './names.js';

/**
 * `segment` is a node of the graph. `call` is a subsegment with namespace `aws` or `remote` that is not inside an
 * `aws` subsegment: it makes an edge. `step` is any other subsegment: it makes an edge only when a segment names it as
 * parent.
 */
export const entityKinds = { segment: 1, call: 2, step: 3 } as const;
export type EntityKind = (typeof entityKinds)[keyof typeof entityKinds];

/** Exclusive, in order of precedence: fault, throttle, error, ok; flags first, then http.response.status. */
export const outcomes = { ok: 0, error: 1, throttle: 2, fault: 3 } as const;
export type Outcome = (typeof outcomes)[keyof typeof outcomes];

export interface Entity {
  kind: EntityKind;
  /** 16 lower-case hex digits. */
  id: string;
  /** 16 lower-case hex digits, '' for a root segment. Of an embedded subsegment: the (sub)segment it is embedded in. */
  parentId: string;
  /** A segment's own node; for a call, the inferred node it reaches while no downstream segment is known. Null for a step. */
  node: NodeKey | null;
  /** The segment's node that an embedded subsegment belongs to; null for a streamed one (its owner is found by parentId) and for segments. */
  owner: NodeKey | null;
  /** A segment that names this entity as parent is called by the entity with this id: itself, or the `aws` call around it. */
  callId: string;
  /** Whole microseconds since the epoch. */
  startMicros: number;
  /** Until end_time; 0 while in progress; never negative. */
  responseMicros: number;
  /** Until the last embedded subsegment ended; at least responseMicros. */
  durationMicros: number;
  outcome: Outcome;
  inProgress: boolean;
  /** An inferred segment that was uploaded as such. */
  inferred: boolean;
  /** As it was sent. */
  label: string;
  facets: EntityFacets;
}

export interface FlattenedDocument {
  traceId: string;
  id: string;
  /** False while the document itself is in progress; a complete version replaces one that is not. */
  complete: boolean;
  /** In document order, parents first; the document itself is the first. */
  entities: Entity[];
  /** Durations below 0 that were counted as 0. */
  negativeDurations: number;
}

/** Takes a document that parseDocument has accepted. */
export function flattenDocument(document: SegmentDocument): FlattenedDocument {
  const flattening: Flattening = { entities: [], owner: null, negativeDurations: 0 };
  const top = topEntity(document, flattening);
  flattening.entities.push(top);
  if (top.kind === entityKinds.segment) flattening.owner = top.node;
  if (hasSubsegments(document)) addSubsegments(document, top, flattening);
  const { entities, negativeDurations } = flattening;
  return { traceId: document.trace_id, id: top.id, complete: !top.inProgress, entities, negativeDurations };
}

interface Flattening {
  entities: Entity[];
  /** Node of the document's segment; null when the document is a streamed subsegment. */
  owner: NodeKey | null;
  negativeDurations: number;
}

function topEntity(document: SegmentDocument, flattening: Flattening): Entity {
  const parentId = document.parent_id ?? '';
  if (document.type === 'subsegment') return subsegmentEntity(document, parentId, flattening);
  const entity = entityOf(document, { parentId, facets: segmentFacets(document) }, flattening);
  entity.kind = entityKinds.segment;
  entity.node = { name: document.name, type: nodeName(document.origin), accountId: nodeName(document.aws?.account_id) };
  entity.inferred = document.inferred === true;
  return entity;
}

function subsegmentEntity(subsegment: EntityDocument, parentId: string, flattening: Flattening): Entity {
  const entity = entityOf(subsegment, { parentId, facets: subsegmentFacets(subsegment) }, flattening);
  entity.owner = flattening.owner;
  const { namespace } = subsegment;
  if (namespace === 'aws' || namespace === 'remote') {
    entity.kind = entityKinds.call;
    entity.node = inferredNode(subsegment);
  }
  return entity;
}

function entityOf(entity: EntityDocument, known: Pick<Entity, 'parentId' | 'facets'>, flattening: Flattening): Entity {
  const startMicros = Math.round(entity.start_time * 1e6);
  const inProgress = !isCompleted(entity);
  const responseMicros = inProgress ? 0 : Math.round((entity.end_time ?? 0) * 1e6) - startMicros;
  if (responseMicros < 0) flattening.negativeDurations++;
  const bounded = Math.max(0, responseMicros);
  return {
    kind: entityKinds.step,
    id: entity.id,
    parentId: known.parentId,
    node: null,
    owner: null,
    callId: entity.id,
    startMicros,
    responseMicros: bounded,
    durationMicros: bounded,
    outcome: outcomeOf(entity),
    inProgress,
    inferred: false,
    label: entity.name,
    facets: known.facets,
  };
}

/** An end_time counts even beside `in_progress: true`: what has ended is not in progress. */
export function isCompleted(entity: EntityDocument): boolean {
  return typeof entity.end_time === 'number' && Number.isFinite(entity.end_time);
}

/** Node sets error and fault together for a failed AWS call, so the order decides. */
export function outcomeOf(entity: EntityDocument): Outcome {
  if (entity.fault === true) return outcomes.fault;
  if (entity.throttle === true) return outcomes.throttle;
  if (entity.error === true) return outcomes.error;
  const status = numberOf(entity.http?.response?.status);
  if (status >= 500) return outcomes.fault;
  if (status === 429) return outcomes.throttle;
  return status >= 400 ? outcomes.error : outcomes.ok;
}

/** A list of subsegments on its way, and what they lie in. */
interface Frame {
  subsegments: readonly EntityDocument[];
  next: number;
  parent: Entity;
  /** The `aws` call around them; null when there is none. */
  call: Entity | null;
}

/** Depth first, in document order; each frame passes its latest end on to its parent when it is done. */
function addSubsegments(document: EntityDocument, top: Entity, flattening: Flattening): void {
  const frames: Frame[] = [frameOf(document, top, null)];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const subsegment = frame.subsegments[frame.next++];
    if (subsegment === undefined) {
      frames.pop();
      const outer = frames.at(-1);
      if (outer !== undefined) extendDuration(outer.parent, frame.parent);
      continue;
    }
    const entity = embeddedEntity(subsegment, frame, flattening);
    flattening.entities.push(entity);
    if (hasSubsegments(subsegment)) frames.push(frameOf(subsegment, entity, frame.call));
    else extendDuration(frame.parent, entity);
  }
}

function frameOf(document: EntityDocument, parent: Entity, around: Entity | null): Frame {
  const isAwsCall = parent.kind === entityKinds.call && document.namespace === 'aws';
  return { subsegments: document.subsegments ?? [], next: 0, parent, call: around ?? (isAwsCall ? parent : null) };
}

function hasSubsegments(document: EntityDocument): boolean {
  return Array.isArray(document.subsegments) && document.subsegments.length > 0;
}

/** Inside an `aws` call everything is a step of that call, so that one request is one edge. */
function embeddedEntity(subsegment: EntityDocument, frame: Frame, flattening: Flattening): Entity {
  const entity = subsegmentEntity(subsegment, frame.parent.id, flattening);
  if (frame.call !== null) {
    entity.kind = entityKinds.step;
    entity.node = null;
    entity.callId = frame.call.id;
  }
  return entity;
}

/** What is in progress has no duration yet, and adds none. */
function extendDuration(parent: Entity, child: Entity): void {
  if (parent.inProgress || child.inProgress) return;
  const untilChildEnded = child.startMicros + child.durationMicros - parent.startMicros;
  if (untilChildEnded > parent.durationMicros) parent.durationMicros = untilChildEnded;
}
