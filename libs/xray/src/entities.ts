/**
 * Flattens a document into entities: one for the segment and one for each subsegment, as the service graph sees them.
 * This is the one place that decides names, types, outcomes and times; the writer stores entities, the live fold and
 * the plain service graph count them. Iterative: a document may be nested 10,000 deep.
 */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';

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

export declare function flattenDocument(document: SegmentDocument): FlattenedDocument;
