/**
 * One trace put together: the winning version of every segment and subsegment, what belongs to what, and who called whom.
 * Everything that is said about a single trace (its documents, its summary, its clocks) is read from this. Linear in the
 * documents of the trace; any order, cycles and orphans are fine.
 */
import type { EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { type Entity, entityKinds } from './entities.js';
import { relateTrace } from './relations.js';
import { type DocumentVersion, entitiesOfTraces, winningVersions } from './versions.js';

export interface TraceEntity {
  entity: Entity;
  /** As it was sent: its own members, its subsegments still inside. */
  source: EntityDocument;
}

export interface TraceView {
  traceId: string;
  /** By ID, in order of arrival, parents before what is embedded in them. */
  entities: ReadonlyMap<string, TraceEntity>;
  /** The segment's node that a subsegment belongs to; a segment's own. Nothing for an orphan. */
  ownerOf(entity: Entity): NodeKey | undefined;
  /** IDs of the segments that a call reached. */
  calleesOf(callId: string): readonly string[];
  /** The segment that is the parent of this segment (a Lambda pair). */
  callingSegmentOf(segment: Entity): Entity | undefined;
}

/** `documents` are of one trace. */
export function viewTrace(documents: readonly SegmentDocument[]): TraceView {
  return viewVersions(winningVersions(documents));
}

/** As `viewTrace`, of winning versions. */
export function viewVersions(versions: readonly DocumentVersion[]): TraceView {
  const sources = sourcesOf(versions);
  const entities = new Map<string, TraceEntity>();
  for (const entity of [...entitiesOfTraces(versions).values()].flat()) {
    const source = sources.get(entity);
    if (source !== undefined) entities.set(entity.id, { entity, source });
  }
  const owners = new Map<string, NodeKey>();
  const callees = new Map<string, string[]>();
  for (const relation of relateTrace(Array.from(entities.values(), ({ entity }) => entity))) {
    if (relation.kind === 'owner') owners.set(relation.id, relation.node);
    else addCallee(callees, relation.callId, relation.childId);
  }
  return {
    traceId: versions[0]?.flat.traceId ?? '',
    entities,
    ownerOf: (entity) => (entity.kind === entityKinds.segment ? entity.node : entity.owner) ?? owners.get(entity.id),
    calleesOf: (callId) => callees.get(callId) ?? [],
    callingSegmentOf: (segment) => (owners.has(segment.id) ? entities.get(segment.parentId)?.entity : undefined),
  };
}

function addCallee(callees: Map<string, string[]>, callId: string, childId: string): void {
  const known = callees.get(callId);
  if (known === undefined) callees.set(callId, [childId]);
  else known.push(childId);
}

/** The member that each entity was flattened from: both walk a document depth first, parents first. */
function sourcesOf(versions: readonly DocumentVersion[]): Map<Entity, EntityDocument> {
  const sources = new Map<Entity, EntityDocument>();
  for (const { document, flat } of versions) {
    const pending: EntityDocument[] = [document];
    for (const entity of flat.entities) {
      const source = pending.pop();
      if (source === undefined) break;
      sources.set(entity, source);
      for (const subsegment of (source.subsegments ?? []).toReversed()) pending.push(subsegment);
    }
  }
  return sources;
}
