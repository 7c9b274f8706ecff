/**
 * One batch of facts: rows of `documents`, `entities`, `relations`, `links` and `touched`, encoded as they come in and inserted
 * together. Links are encoded at the end, because where they lead to is looked up for the whole batch.
 *
 * Order of the inserts: touched, then entities, relations and links, then documents. The older version of a document is thus
 * still readable until everything that replaces it is in place, and a crash anywhere is mended by inserting again.
 */
import { type NodeKey, sliceSeconds } from '@fluoroscope/contract/graph';
import { type Entity, entityKinds } from '@fluoroscope/xray/entities';
import { noFacets } from '@fluoroscope/xray/entity-facets';
import { bucketOf } from '@fluoroscope/xray/histogram';
import { hex32 } from '@fluoroscope/xray/ids';
import { type ClickHouseClient, insertRows } from './clickhouse.js';
import { RowBinary } from './row-binary.js';

/** Relation kinds, as in the table. */
export const relationKinds = { void: 0, callee: 1, owner: 2 } as const;
export type RelationKind = (typeof relationKinds)[keyof typeof relationKinds];

/** A trace ID's 32 hex digits, or an entity ID's 16, as unsigned 32-bit words. */
export type TraceWords = readonly [number, number, number, number];
export type IdWords = readonly [number, number];

/** Who writes a row: a document's trace, position in the log and standing. */
export interface FactSource {
  trace: TraceWords;
  position: number;
  complete: boolean;
}

export interface RelationRow {
  slice: number;
  id: IdWords;
  /** [0, 0] unless the kind is callee. */
  childId: IdWords;
  kind: RelationKind;
  node: NodeKey;
}

/** A segment or subsegment (`id` of `traceId`, in `slice`) that was caused by another: `causeId` of `causeTraceId`. */
export interface LinkRow {
  slice: number;
  traceId: string;
  id: string;
  causeTraceId: string;
  /** '' when the link names only a trace. */
  causeId: string;
  /** Where the cause is stored; 0 while that is unknown. */
  causeSlice: number;
  /** In the log, of the document that the link was read from. */
  position: number;
  /** It was there in an older version of its document. */
  isVoid: boolean;
}

const completeBit = 0x8000_0000;
const two32 = 2 ** 32;
const linkBytes = 67;
/** Most nodes fit; a longer one grows. */
const nodeBytes = 128;
const noNode: NodeKey = { name: '', type: '', accountId: '' };
/** By key object: whoever interns keys has each encoded once. */
const encodedNodes = new WeakMap<NodeKey, Uint8Array>();

export class FactBatch {
  readonly documents = new RowBinary();
  readonly entities = new RowBinary();
  readonly relations = new RowBinary();
  readonly links: LinkRow[] = [];
  /** Slice to the position behind the last document that touched it. */
  readonly touched = new Map<number, number>();
  constructor(readonly shard: number) {}

  document(source: FactSource, row: { id: IdWords; startMicros: number; isSegment: boolean; replaced: boolean; raw: Uint8Array }): void {
    const to = this.documents;
    to.rows++;
    to.fixed16(source.trace);
    to.u64(row.id[0], row.id[1]);
    writeVersion(to, source);
    to.u32(sliceOf(row.startMicros));
    to.u8(row.isSegment ? 1 : 0);
    to.u8(row.replaced ? 1 : 0);
    to.u64Number(row.startMicros);
    to.blob(row.raw);
  }

  entity(source: FactSource, entity: Entity, id: IdWords, parentId: IdWords): void {
    const to = this.entities;
    const slice = sliceOf(entity.startMicros);
    this.identity(to, slice, source, id);
    writeVersion(to, source);
    to.u8(entity.kind);
    to.u64(parentId[0], parentId[1]);
    this.node(to, entity.node);
    this.node(to, entity.owner);
    to.u64Number(entity.startMicros);
    to.u64Number(entity.responseMicros);
    to.u64Number(entity.durationMicros);
    to.u8(entity.outcome);
    to.u8(entity.inProgress ? 1 : 0);
    to.u8(entity.inferred ? 1 : 0);
    to.u16(bucketOf(entity.responseMicros));
    to.u16(bucketOf(entity.durationMicros));
    writeFacets(to, entity);
    this.touch(slice, source.position);
  }

  /** The entity was in an older version of its document and is not in the new one. */
  voidEntity(source: FactSource, slice: number, id: IdWords): void {
    const to = this.entities;
    this.identity(to, slice, source, id);
    writeVersion(to, source);
    to.u8(0);
    to.u64(0, 0);
    this.node(to, null);
    this.node(to, null);
    for (let column = 0; column < 3; column++) to.u64(0, 0);
    for (let column = 0; column < 3; column++) to.u8(0);
    for (let column = 0; column < 2; column++) to.u16(0);
    writeFacets(to, null);
    this.touch(slice, source.position);
  }

  relation(source: FactSource, row: RelationRow): void {
    const to = this.relations;
    this.identity(to, row.slice, source, row.id);
    to.u64(row.childId[0], row.childId[1]);
    writeVersion(to, source);
    to.u8(row.kind);
    this.node(to, row.node);
    this.touch(row.slice, source.position);
  }

  /** `position` is of the document that says so, or of the one that changes what it leads to. */
  link(row: LinkRow, position = row.position): void {
    this.links.push(row);
    this.touch(row.slice, position);
  }

  /** Makes an empty batch of it, in the same memory. */
  clear(): void {
    for (const rows of [this.documents, this.entities, this.relations]) rows.clear();
    this.links.length = 0;
    this.touched.clear();
  }

  insert(client: ClickHouseClient): Promise<void> {
    return insertFacts(client, [this]);
  }

  /** Of what was encoded as it came in. */
  get byteLength(): number {
    return [this.documents, this.entities, this.relations].reduce((sum, rows) => sum + rows.bytes().length, 0);
  }

  linkRows(links: readonly LinkRow[]): Uint8Array {
    const to = new RowBinary(links.length * linkBytes);
    for (const { slice, traceId, id, causeTraceId, causeId, causeSlice, position, isVoid } of links) {
      to.u32(slice);
      to.u16(this.shard);
      to.fixed16(traceWords(traceId));
      to.u64(...idWords(id));
      to.fixed16(traceWords(causeTraceId));
      to.u64(...idWords(causeId));
      to.u64(Math.floor(position / two32), position % two32);
      to.u8(isVoid ? 0 : 1);
      to.u32(causeSlice);
    }
    return to.bytes();
  }

  touchedRows(): Uint8Array {
    const to = new RowBinary();
    for (const [slice, version] of this.touched) {
      to.u32(slice);
      to.u16(this.shard);
      to.u64Number(version);
    }
    return to.bytes();
  }

  private identity(to: RowBinary, slice: number, source: FactSource, id: IdWords): void {
    to.rows++;
    to.u32(slice);
    to.u16(this.shard);
    to.fixed16(source.trace);
    to.u64(id[0], id[1]);
  }

  private node(to: RowBinary, node: NodeKey | null): void {
    const key = node ?? noNode;
    let bytes = encodedNodes.get(key);
    if (!bytes) {
      bytes = encodeNode(key);
      encodedNodes.set(key, bytes);
    }
    to.raw(bytes);
  }

  private touch(slice: number, position: number): void {
    const version = position + 1;
    if ((this.touched.get(slice) ?? 0) < version) this.touched.set(slice, version);
  }
}

/** Rejects as Promise.all does, but not before every one has ended: nothing of it lands behind what is done about the failure. */
async function allEnded(inserts: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(inserts);
  await Promise.all(inserts);
}

/** Several batches, of shards of their own, with one insert a table. */
export async function insertFacts(client: ClickHouseClient, batches: readonly FactBatch[]): Promise<void> {
  const insert = (table: string, bytesOf: (batch: FactBatch) => Uint8Array) => insertRows(client, table, batches.map(bytesOf));
  await insert('touched', (batch) => batch.touchedRows());
  await allEnded([
    insert('entities', ({ entities }) => entities.bytes()),
    insert('relations', ({ relations }) => relations.bytes()),
    insert('links', (batch) => batch.linkRows(batch.links)),
    insert('links_by_cause', (batch) => batch.linkRows(batch.links.filter(isBetweenTraces))),
  ]);
  await insert('documents', ({ documents }) => documents.bytes());
}

/** What a trace has caused in itself is found by its own entities. */
export function isBetweenTraces({ traceId, causeTraceId }: Pick<LinkRow, 'traceId' | 'causeTraceId'>): boolean {
  return traceId !== causeTraceId;
}

const noId: IdWords = [0, 0];

export function traceWords(traceId: string): TraceWords {
  return [hex32(traceId, 2), hex32(traceId, 11), hex32(traceId, 19), hex32(traceId, 27)];
}

/** [0, 0] for ''. */
export function idWords(id: string): IdWords {
  return id === '' ? noId : [hex32(id, 0), hex32(id, 8)];
}

export function sliceOf(startMicros: number): number {
  return Math.floor(startMicros / (sliceSeconds * 1_000_000));
}

function encodeNode(node: NodeKey): Uint8Array {
  const to = new RowBinary(nodeBytes);
  to.string(node.name);
  to.string(node.type);
  to.string(node.accountId);
  return to.bytes().slice();
}

/** Rows from before there were facets have no such bit: what they would say is not known. */
const knownBit = 0x80;

function writeFacets(to: RowBinary, entity: Entity | null): void {
  const { flags, status, http, keys, values } = entity?.facets ?? noFacets;
  to.string(entity === null || entity.kind === entityKinds.segment ? '' : entity.label);
  to.u8(flags | knownBit);
  to.u16(status);
  for (const texts of [http, keys, values]) to.strings(texts);
}

function writeVersion(to: RowBinary, source: FactSource): void {
  const high = Math.floor(source.position / two32);
  to.u64(source.complete ? (high | completeBit) >>> 0 : high, source.position % two32);
}
