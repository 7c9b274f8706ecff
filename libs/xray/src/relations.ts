/**
 * Relations between the entities of one trace: which call reached which segment, and which node owns a streamed
 * subsegment. They are what turns a call's inferred node into the real one, and they are facts of their own, so that a
 * callee that arrives days later adds a row and changes none.
 */
import type { NodeKey } from '@fluoroscope/contract/graph';
import { type Entity, entityKinds } from './entities.js';
import { databaseType, remoteType } from './inferred.js';

export type Relation =
  /**
   * A segment names a subsegment as parent. `callId` is the subsegment that makes the edge (see Entity.callId). The edge
   * has the call's statistics and lies in the call's slice. One call with callees on two nodes makes two edges; two
   * callees on one node make one.
   */
  | { kind: 'callee'; callId: string; childId: string; node: NodeKey }
  /**
   * `id` is a streamed subsegment and `node` the segment's node that it belongs to through any number of parents; or
   * `id` is a segment whose parent is a segment (a Lambda pair) and `node` is that parent's: the edge has the child's
   * own statistics and lies in the child's slice.
   */
  | { kind: 'owner'; id: string; node: NodeKey };

/**
 * All relations that the entities of one trace have, winning versions only (of two entities with one ID the later one
 * counts). Linear; cycles and orphans relate to nothing.
 *
 * A streamed call or step that turns out to lie inside an `aws` call is a step of that call: it gets no owner, so it makes
 * no edge, and segments that name it are called by the `aws` call.
 */
export function relateTrace(entities: readonly Entity[]): Relation[] {
  const trace = new TraceIndex(entities);
  const relations: Relation[] = [];
  for (const entity of trace.entities()) {
    const relation = entity.kind === entityKinds.segment ? trace.callerOf(entity) : trace.ownerOf(entity);
    if (relation !== null) relations.push(relation);
  }
  return relations;
}

/** Where an entity lies in its trace. */
interface Place {
  /** The segment's node that it belongs to; null while unknown. */
  owner: NodeKey | null;
  /** The entity that calls the segments which name this one as parent. */
  callId: string;
}

class TraceIndex {
  private readonly byId = new Map<string, Entity>();
  private readonly places = new Map<string, Place>();

  constructor(entities: readonly Entity[]) {
    for (const entity of entities) this.byId.set(entity.id, entity);
  }

  entities(): Iterable<Entity> {
    return this.byId.values();
  }

  callerOf(segment: Entity): Relation | null {
    const parent = this.byId.get(segment.parentId);
    if (parent === undefined || parent === segment || segment.node === null) return null;
    if (parent.kind !== entityKinds.segment) {
      return { kind: 'callee', callId: this.placeOf(parent).callId, childId: segment.id, node: segment.node };
    }
    return parent.node === null ? null : { kind: 'owner', id: segment.id, node: parent.node };
  }

  ownerOf(subsegment: Entity): Relation | null {
    if (subsegment.owner !== null) return null;
    const { owner, callId } = this.placeOf(subsegment);
    return owner === null || callId !== subsegment.id ? null : { kind: 'owner', id: subsegment.id, node: owner };
  }

  /** Walks up until a place is known, then settles the way back; every entity is settled once. */
  private placeOf(entity: Entity): Place {
    const path: Entity[] = [];
    for (let at: Entity | undefined = entity; at !== undefined && !this.places.has(at.id); at = this.byId.get(at.parentId)) {
      const owner = at.kind === entityKinds.segment ? at.node : at.owner;
      this.places.set(at.id, { owner, callId: at.callId });
      if (owner !== null) break;
      path.push(at);
    }
    for (let i = path.length - 1; i >= 0; i--) this.settle(path[i]);
    return this.places.get(entity.id) ?? { owner: null, callId: entity.callId };
  }

  private settle(entity: Entity | undefined): void {
    if (entity === undefined) return;
    const parent = this.byId.get(entity.parentId);
    const around = parent === undefined ? undefined : this.places.get(parent.id);
    if (parent === undefined || around === undefined) return;
    const insideCall = isAwsCall(parent) || around.callId !== parent.id;
    this.places.set(entity.id, { owner: around.owner, callId: insideCall ? around.callId : entity.callId });
  }
}

/** What lies inside such a call is a step of it, not a call of its own. */
export function isAwsCall(entity: Entity): boolean {
  const type = entity.kind === entityKinds.call ? entity.node?.type : undefined;
  return type !== undefined && type !== remoteType && type !== databaseType;
}
