/**
 * Takes one document after the other into the batch: decides whether it is new, a copy or another version, finds its
 * relations to what arrived before it, and keeps the live fold going. All in memory and without waiting.
 *
 * What memory cannot decide is *late*: a document older than what memory covers, another version of a known document, an
 * entity that came in two documents. Late documents go to LateTraces, which looks at their whole traces in ClickHouse.
 */
import { crc32 } from 'node:zlib';
import {
  type FactBatch,
  type FactSource,
  idWords,
  type LinkRow,
  type RelationRow,
  relationKinds,
  sliceOf,
  type TraceWords,
  traceWords,
} from '@fluoroscope/clickhouse/facts';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { type Entity, entityKinds } from '@fluoroscope/xray/entities';
import { bucketMicros, bucketOf } from '@fluoroscope/xray/histogram';
import { hex32 } from '@fluoroscope/xray/ids';
import { isMessaging } from '@fluoroscope/xray/inferred';
import type { TraceLink } from '@fluoroscope/xray/links';
import { isAwsCall } from '@fluoroscope/xray/relations';
import type { LiveFold, Measure } from './live-fold.js';
import type { IncomingDocument, LoggedDocument } from './logged-document.js';
import type { NodeTable } from './nodes.js';
import { absent, type EntityKeyHash, type EntityRecord, hashKey, type RecentEntities, standing, type Waiting } from './recent-entities.js';

/** How far a document's clock may be off before memory is not trusted to hold its relatives. */
const skewMicros = 10_000_000;
/** IDs of calls inside an `aws` call that are remembered; a forgotten one costs a live edge, not a stored one. */
const maxAliases = 100_000;

/**
 * `unsure`: in the batch, but not all that its trace relates to it. `late`: not in the batch yet. `copy` and `outdated`:
 * already stored, nothing to write.
 */
export type Verdict = 'new' | 'unsure' | 'late' | 'copy' | 'outdated';

interface Arrival extends IncomingDocument {
  trace: TraceWords;
  source: FactSource;
  nowMicros: number;
  batch: FactBatch;
  checksum: number;
  /** Of each entity, in their order: its key, and its slot once it is remembered. */
  keys: EntityKeyHash[];
  slots: number[];
  /** Its trace is looked at as a whole in any case. */
  isLate: boolean;
  /** It meets an entity of which an older version waited here, perhaps for another parent. */
  isUnsure: boolean;
}

export class Resolver {
  private readonly aliases = new Map<string, string>();
  private readonly released: { child: Waiting; parentId: string }[] = [];

  constructor(
    private readonly recent: RecentEntities,
    private readonly nodes: NodeTable,
    private readonly fold: LiveFold,
  ) {}

  add(document: IncomingDocument, batch: FactBatch): Verdict {
    this.internAll(document.flat.entities);
    const trace = traceWords(document.flat.traceId);
    const source = { trace, position: document.position, complete: document.flat.complete };
    const nowMicros = document.receivedAtMs * 1000;
    // Written out: spreading the document into it costs microseconds, for every document.
    const arrival: Arrival = {
      flat: document.flat,
      links: document.links,
      raw: document.raw,
      position: document.position,
      receivedAtMs: document.receivedAtMs,
      trace,
      source,
      batch,
      nowMicros,
      checksum: crc32(document.raw),
      keys: document.flat.entities.map(({ id }) => hashKey(trace, hex32(id, 0), hex32(id, 8))),
      slots: [],
      isLate: false,
      isUnsure: false,
    };
    const known = this.knownVersion(arrival);
    if (known !== null && known.checksum === arrival.checksum) return 'copy';
    if (known !== null && (known.standing & standing.complete) !== 0 && !source.complete) return 'outdated';
    const hasKnownEntity = arrival.keys.some((key) => this.recent.find(key) !== absent);
    arrival.isLate = hasKnownEntity || !this.isCovered(arrival);
    if (!arrival.isLate) writeDocument(arrival);
    for (const [at, entity] of document.flat.entities.entries()) this.remember(arrival, entity, { at, hasKnownEntity });
    if (known !== null) this.complete(arrival, known);
    this.relate(arrival, known !== null);
    if (arrival.isLate) return 'late';
    return arrival.isUnsure ? 'unsure' : 'new';
  }

  /** It was kept aside: should it come again, it is looked at as if for the first time. */
  forget({ traceId, id }: LoggedDocument): void {
    const slot = this.recent.find(hashKey(traceWords(traceId), hex32(id, 0), hex32(id, 8)));
    if (slot !== absent) this.recent.forgetDocument(slot);
  }

  private knownVersion(arrival: Arrival): EntityRecord | null {
    const [key] = arrival.keys;
    const slot = key === undefined ? absent : this.recent.find(key);
    if (slot === absent) return null;
    const record = this.recent.read(slot);
    return (record.standing & standing.document) !== 0 ? record : null;
  }

  private isCovered(arrival: Arrival): boolean {
    if (this.recent.coveredSinceMicros === 0) return true;
    const bound = this.recent.coveredSinceMicros + skewMicros;
    return arrival.flat.entities.every((entity) => entity.startMicros >= bound && entity.startMicros <= arrival.nowMicros + skewMicros);
  }

  private remember(arrival: Arrival, entity: Entity, { at, hasKnownEntity }: { at: number; hasKnownEntity: boolean }): void {
    const key = arrival.keys[at];
    if (key === undefined) return;
    const again = hasKnownEntity && this.recent.find(key) !== absent ? standing.again : 0;
    const record = {
      slice: sliceOf(entity.startMicros),
      node: this.indexOf(entity.kind === entityKinds.segment ? entity.node : entity.owner),
      target: 0,
      standing: standingOf(entity, at === 0) | again,
      outcome: entity.outcome,
      bucket: bucketOf(entity.responseMicros),
      checksum: at === 0 ? arrival.checksum : 0,
    };
    arrival.slots.push(this.recent.add(key, record, arrival.nowMicros));
    if (entity.callId !== entity.id) this.alias(arrival, entity.id, entity.callId);
  }

  /** Another version has come: what it said to be in progress is not, or is said again. */
  private complete(arrival: Arrival, known: EntityRecord): void {
    const wasInProgress = (known.standing & standing.inProgress) !== 0;
    if (wasInProgress && this.isLive(known.slice, arrival)) this.fold.completed(known.slice, known.node);
  }

  /** One key object per node, so that its number and its encoding are found again. Embedded subsegments share their owner. */
  private internAll(entities: readonly Entity[]): void {
    const given = entities[0]?.node ?? null;
    for (const entity of entities) {
      const isShared = entity.owner !== null && entity.owner === given;
      if (entity.node !== null) entity.node = this.nodes.intern(entity.node).key;
      if (entity.owner !== null) entity.owner = isShared ? (entities[0]?.node ?? entity.owner) : this.nodes.intern(entity.owner).key;
    }
  }

  private relate(arrival: Arrival, isOtherVersion: boolean): void {
    const [top] = arrival.flat.entities;
    if (top === undefined) return;
    const isStreamed = top.kind !== entityKinds.segment;
    if (!isOtherVersion) this.foldAll(arrival);
    if (top.parentId !== '')
      this.meetParent(arrival, { id: top.id, slice: sliceOf(top.startMicros), isSegment: !isStreamed, node: this.indexOf(top.node) });
    for (const entity of arrival.flat.entities) {
      if (isStreamed && entity !== top) {
        this.meetParent(arrival, { id: entity.id, slice: sliceOf(entity.startMicros), isSegment: false, node: 0 }, entity.parentId);
      }
      this.release(arrival, entity.id);
    }
    for (let next = this.released.pop(); next !== undefined; next = this.released.pop())
      this.meetParent(arrival, next.child, next.parentId);
  }

  /**
   * False when another version of the child has arrived since it began to wait: then the whole trace is to be looked at.
   * What is looked at as a whole gets its relations there, from the versions that win.
   */
  private writeRelation(arrival: Arrival, child: Waiting, row: RelationRow): boolean {
    const slot = this.slotOf(arrival, child.id);
    const isOutdated = slot !== absent && (this.recent.read(slot).standing & standing.again) !== 0;
    if (isOutdated) arrival.isUnsure = true;
    else if (!arrival.isLate) arrival.batch.relation({ trace: arrival.trace, position: arrival.position, complete: true }, row);
    return !isOutdated;
  }

  /** Whoever waited for this entity meets it; a list and not a recursion, since chains may be thousands long. */
  private release(arrival: Arrival, parentId: string): void {
    for (const child of this.recent.take(arrival.flat.traceId + parentId)) this.released.push({ child, parentId });
  }

  /** Relates an entity to its parent if that has arrived, and lets it wait if not. */
  private meetParent(arrival: Arrival, child: Waiting, parentId = arrival.flat.entities[0]?.parentId ?? ''): void {
    if (parentId === child.id) return;
    const slot = this.slotOf(arrival, parentId);
    if (slot === absent) {
      this.recent.wait(arrival.flat.traceId + parentId, child, arrival.nowMicros);
      return;
    }
    const parent = this.recent.read(slot);
    if (!child.isSegment) this.placeSubsegment(arrival, child, { id: parentId, record: parent });
    else if ((parent.standing & standing.segment) !== 0) this.foundOwner(arrival, child, parent.node);
    else if (parent.node !== 0 || this.aliases.has(arrival.flat.traceId + parentId)) this.foundCallee(arrival, parentId, child);
    else this.recent.wait(arrival.flat.traceId + parentId, child, arrival.nowMicros); // it may yet turn out to lie inside a call
  }

  /** A streamed subsegment is part of the call around it, or belongs to its parent's node, or waits until that is known. */
  private placeSubsegment(arrival: Arrival, child: Waiting, parent: { id: string; record: EntityRecord }): void {
    const callAround = this.callAround(arrival, parent.id, parent.record);
    if (callAround !== null) {
      this.alias(arrival, child.id, callAround);
      this.release(arrival, child.id);
    } else if (parent.record.node === 0) this.recent.wait(arrival.flat.traceId + parent.id, child, arrival.nowMicros);
    else this.foundOwner(arrival, child, parent.record.node);
  }

  /** The `aws` call that a subsegment of this parent lies in, or null. */
  private callAround(arrival: Arrival, parentId: string, parent: EntityRecord): string | null {
    return this.aliases.get(arrival.flat.traceId + parentId) ?? ((parent.standing & standing.awsCall) !== 0 ? parentId : null);
  }

  private foundCallee(arrival: Arrival, parentId: string, child: Waiting): void {
    const callId = this.aliases.get(arrival.flat.traceId + parentId) ?? parentId;
    const slot = this.slotOf(arrival, callId);
    const node = this.nodes.at(child.node);
    if (slot === absent || node === undefined) return;
    const call = this.recent.read(slot);
    const row: RelationRow = {
      slice: call.slice,
      id: idWords(callId),
      childId: idWords(child.id),
      kind: relationKinds.callee,
      node: node.key,
    };
    if (!this.writeRelation(arrival, child, row)) return;
    const isDelivered = (call.standing & standing.messaging) !== 0 && !isMessaging(node.key.type);
    if (isDelivered) linkDelivery(arrival, child, { callId, slice: call.slice });
    if (isDelivered || call.target === 0 || call.node === 0) return;
    this.recent.setTarget(slot, 0);
    if (!this.isLive(call.slice, arrival)) return;
    this.fold.withdrawInferred(call.slice, call.node, call.target, measureOf(call));
    this.fold.edge(call.slice, call.node, child.node, measureOf(call));
  }

  private foundOwner(arrival: Arrival, child: Waiting, owner: number): void {
    const node = this.nodes.at(owner);
    const slot = this.slotOf(arrival, child.id);
    if (node === undefined || slot === absent) return;
    const row: RelationRow = { slice: child.slice, id: idWords(child.id), childId: idWords(''), kind: relationKinds.owner, node: node.key };
    const isWritten = this.writeRelation(arrival, child, row);
    const record = this.recent.read(slot);
    if (child.isSegment) {
      if (isWritten && this.isLive(child.slice, arrival)) this.fold.edge(child.slice, owner, child.node, measureOf(record));
      return;
    }
    this.recent.setNode(slot, owner);
    if (record.target !== 0 && this.isLive(child.slice, arrival))
      this.fold.inferredCall(child.slice, owner, record.target, measureOf(record));
    this.release(arrival, child.id);
  }

  private foldAll(arrival: Arrival): void {
    for (const [at, entity] of arrival.flat.entities.entries()) {
      const slice = sliceOf(entity.startMicros);
      if (entity.kind === entityKinds.segment && entity.node !== null && this.isLive(slice, arrival)) {
        const flags = { isRoot: entity.parentId === '', inferred: entity.inferred };
        this.fold.segment(slice, this.indexOf(entity.node), flags, liveMeasure(entity));
      } else if (entity.kind === entityKinds.call && entity.node !== null) {
        this.foldCall(arrival, entity, arrival.slots[at] ?? absent);
      }
    }
  }

  private foldCall(arrival: Arrival, entity: Entity, slot: number): void {
    if (slot === absent) return;
    const target = this.indexOf(entity.node);
    const slice = sliceOf(entity.startMicros);
    this.recent.setTarget(slot, target);
    if (entity.owner === null || !this.isLive(slice, arrival)) return;
    this.fold.inferredCall(slice, this.indexOf(entity.owner), target, liveMeasure(entity));
  }

  private indexOf(node: NodeKey | null): number {
    return node === null ? 0 : this.nodes.intern(node).index;
  }

  private isLive(slice: number, arrival: Arrival): boolean {
    return this.fold.isOpen(slice, arrival.receivedAtMs);
  }

  private alias(arrival: Arrival, id: string, callId: string): void {
    if (this.aliases.size >= maxAliases) this.aliases.clear();
    this.aliases.set(arrival.flat.traceId + id, callId);
  }

  private slotOf(arrival: Arrival, id: string): number {
    return this.recent.find(hashKey(arrival.trace, hex32(id, 0), hex32(id, 8)));
  }
}

function writeDocument(arrival: Arrival): void {
  const { batch, source, flat } = arrival;
  const [top] = flat.entities;
  if (top === undefined) return;
  batch.document(source, {
    id: idWords(flat.id),
    startMicros: top.startMicros,
    isSegment: top.kind === entityKinds.segment,
    replaced: false,
    raw: arrival.raw,
  });
  for (const entity of flat.entities) batch.entity(source, entity, idWords(entity.id), idWords(entity.parentId));
  for (const link of arrival.links) batch.link(linkRow(link, flat.traceId, source.position));
}

/** Where its cause is stored is found out when the batch is. */
export function linkRow({ id, startMicros, causeTraceId, causeId }: TraceLink, traceId: string, position: number): LinkRow {
  return { slice: sliceOf(startMicros), traceId, id, causeTraceId, causeId, causeSlice: 0, position, isVoid: false };
}

/** Who received a message goes on in the trace of its sender. What is late gets its links where its trace is looked at. */
function linkDelivery({ batch, flat, position, isLate }: Arrival, child: Waiting, cause: { callId: string; slice: number }): void {
  if (isLate) return;
  const ends = { traceId: flat.traceId, id: child.id, causeTraceId: flat.traceId, causeId: cause.callId, causeSlice: cause.slice };
  batch.link({ ...ends, slice: child.slice, position, isVoid: false });
}

function standingOf(entity: Entity, isDocument: boolean): number {
  let bits = isDocument ? standing.document : 0;
  if (!entity.inProgress) bits |= standing.complete;
  else bits |= standing.inProgress;
  if (entity.kind === entityKinds.segment) bits |= standing.segment;
  if (entity.kind === entityKinds.call) bits |= standing.call;
  if (isAwsCall(entity)) bits |= isMessaging(entity.node?.type ?? '') ? standing.awsCall | standing.messaging : standing.awsCall;
  return bits;
}

function liveMeasure(entity: Entity): Measure {
  return { outcome: entity.outcome, inProgress: entity.inProgress, bucket: bucketOf(entity.responseMicros), micros: entity.responseMicros };
}

/** From memory the time is only known by its bucket. */
function measureOf(record: EntityRecord): Measure {
  return {
    outcome: record.outcome,
    inProgress: (record.standing & standing.inProgress) !== 0,
    bucket: record.bucket,
    micros: bucketMicros(record.bucket),
  };
}
