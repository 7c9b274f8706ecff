/**
 * Documents that memory alone cannot place, with their whole traces: what ClickHouse has of the trace and what has just
 * arrived are put together, and every fact that follows is written again. Facts are upserted by identity, so writing one
 * that was there already changes nothing.
 *
 * Linear in the documents of the traces, up to the bounds of `traceVersions`. Runs between two inserts, so that what it reads is complete.
 */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import {
  type FactBatch,
  type FactSource,
  idWords,
  type LinkRow,
  type RelationRow,
  relationKinds,
  sliceOf,
  traceWords,
} from '@fluoroscope/clickhouse/facts';
import { type DocumentVersion, traceVersions } from '@fluoroscope/clickhouse/trace-versions';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { type Entity, entityKinds, type FlattenedDocument, flattenDocument } from '@fluoroscope/xray/entities';
import { isDelivery, linksIn, type TraceLink } from '@fluoroscope/xray/links';
import { relateTrace } from '@fluoroscope/xray/relations';
import { type IncomingDocument, type LoggedDocument, readAgain } from './logged-document.js';
import { linkRow } from './resolver.js';

export interface LateOutcome {
  stored: number;
  replaced: number;
  /** Traces that were too large to be looked at as a whole: what waits in them for what has come is not found. */
  partial: number;
}

/** One version of a document, stored or just arrived. */
interface Version {
  flat: FlattenedDocument;
  links: readonly TraceLink[];
  position: number;
  incoming: IncomingDocument | null;
  /** Of a stored version: whether it had replaced another when it was stored. */
  hadReplaced: boolean;
}

/**
 * Looks at the traces of the `late` and the `unsure`. `documents` are all of a batch; those that are not `late` are in
 * `facts` already and take part as versions that are known. Counts the late ones.
 */
export async function writeLateTraces(client: ClickHouseClient, given: LateBatch): Promise<LateOutcome> {
  const outcome: LateOutcome = { stored: 0, replaced: 0, partial: 0 };
  const traces = byTrace([...given.late, ...given.unsure].map(readAgain));
  if (traces.size === 0) return outcome;
  const late = new Set(given.late.map(({ position }) => position));
  const isWritten = ({ traceId, position }: LoggedDocument) => traces.has(traceId) && !late.has(position);
  const written = byTrace(given.documents.filter(isWritten).map(readAgain));
  const stored = await traceVersions(client, new Map([...traces].map(([traceId, documents]) => [traceId, documents.flatMap(namedIn)])));
  outcome.partial = stored.partial.size;
  for (const [traceId, documents] of traces) {
    const arrived = documents.filter(({ position }) => late.has(position));
    const known = [...(stored.versions.get(traceId) ?? []).flatMap(storedVersion), ...(written.get(traceId) ?? []).map(writtenVersion)];
    new LateTrace(traceId, known, arrived.map(arrivedVersion)).write(given.facts, outcome);
  }
  return outcome;
}

export interface LateBatch {
  documents: readonly LoggedDocument[];
  late: readonly LoggedDocument[];
  unsure: readonly LoggedDocument[];
  facts: FactBatch;
}

function byTrace(documents: readonly IncomingDocument[]): Map<string, IncomingDocument[]> {
  const traces = new Map<string, IncomingDocument[]>();
  for (const document of documents) {
    const list = traces.get(document.flat.traceId);
    if (list) list.push(document);
    else traces.set(document.flat.traceId, [document]);
  }
  return traces;
}

/** The document itself, and the one that it names as its parent. */
function namedIn({ flat }: IncomingDocument): string[] {
  const parentId = flat.entities[0]?.parentId ?? '';
  return parentId === '' ? [flat.id] : [flat.id, parentId];
}

class LateTrace {
  private readonly source: FactSource;

  /** `stored`: what is in ClickHouse, or in this batch already. */
  constructor(
    traceId: string,
    private readonly stored: readonly Version[],
    private readonly arrived: readonly Version[],
  ) {
    const position = [...stored, ...arrived].reduce((last, version) => Math.max(last, version.position), 0);
    this.source = { trace: traceWords(traceId), position, complete: true };
  }

  write(batch: FactBatch, outcome: LateOutcome): void {
    const winners = winningVersions([...this.stored, ...this.arrived]);
    this.writeDocuments(winners, batch, outcome);
    const entities = entitiesOf(winners);
    this.voidVanished(entities, batch);
    this.writeRelations(entities, batch);
    this.writeLinks(winners, batch);
  }

  /** A version of the same position that is stored already is this very document, read again after a crash. */
  private writeDocuments(winners: Map<string, Version>, batch: FactBatch, outcome: LateOutcome): void {
    const seen = new Map<string, number>();
    for (const version of this.stored)
      seen.set(version.flat.id, Math.min(seen.get(version.flat.id) ?? Number.POSITIVE_INFINITY, version.position));
    const rewritten = new Map(this.stored.map((version) => [version.position, version.hadReplaced]));
    for (const version of this.arrived) {
      const replaced = rewritten.get(version.position) ?? (seen.get(version.flat.id) ?? Number.POSITIVE_INFINITY) < version.position;
      seen.set(version.flat.id, Math.min(seen.get(version.flat.id) ?? Number.POSITIVE_INFINITY, version.position));
      if (replaced) outcome.replaced++;
      else outcome.stored++;
      if (winners.get(version.flat.id)?.position === version.position) this.writeVersion(version, replaced, batch);
    }
  }

  private writeVersion(version: Version, replaced: boolean, batch: FactBatch): void {
    const [top] = version.flat.entities;
    if (version.incoming === null || top === undefined) return;
    const source = { trace: this.source.trace, position: version.position, complete: version.flat.complete };
    const isSegment = top.kind === entityKinds.segment;
    batch.document(source, { id: idWords(top.id), startMicros: top.startMicros, isSegment, replaced, raw: version.incoming.raw });
    for (const entity of version.flat.entities) batch.entity(source, entity, idWords(entity.id), idWords(entity.parentId));
  }

  /** What a losing version had in a slice where the winner has nothing. */
  private voidVanished(entities: readonly Entity[], batch: FactBatch): void {
    const present = new Set(entities.map(placeOf));
    for (const version of this.stored) {
      for (const entity of version.flat.entities) {
        if (!present.has(placeOf(entity))) batch.voidEntity(this.source, sliceOf(entity.startMicros), idWords(entity.id));
      }
    }
  }

  private writeRelations(entities: readonly Entity[], batch: FactBatch): void {
    const rows = new Map(relationRows(entities));
    for (const [place, row] of relationRows(entitiesOf(winningVersions(this.stored)))) {
      if (!rows.has(place)) batch.relation(this.source, { ...row, kind: relationKinds.void });
    }
    for (const row of rows.values()) batch.relation(this.source, row);
  }

  private writeLinks(winners: Map<string, Version>, batch: FactBatch): void {
    const { position } = this.source;
    const rows = new Map(linkRows(winners, position));
    for (const [place, row] of linkRows(winningVersions(this.stored), position)) {
      if (!rows.has(place)) batch.link({ ...row, isVoid: true });
    }
    for (const row of rows.values()) batch.link(row);
  }
}

function storedVersion(version: DocumentVersion): Version[] {
  const document = readStoredDocument(version.raw);
  if (document === null) return [];
  const flat = flattenDocument(document);
  const links = linksIn(version.raw, document);
  return [{ flat, links, position: version.position, incoming: null, hadReplaced: version.replaced }];
}

function writtenVersion({ flat, links, position }: IncomingDocument): Version {
  return { flat, links, position, incoming: null, hadReplaced: false };
}

function arrivedVersion(document: IncomingDocument): Version {
  return { flat: document.flat, links: document.links, position: document.position, incoming: document, hadReplaced: false };
}

/** By ID: a complete version over one in progress, then the later. */
function winningVersions(versions: readonly Version[]): Map<string, Version> {
  const winners = new Map<string, Version>();
  for (const version of [...versions].sort((a, b) => a.position - b.position)) {
    const known = winners.get(version.flat.id);
    if (!known?.flat.complete || version.flat.complete) winners.set(version.flat.id, version);
  }
  return winners;
}

/** An entity that came in two documents counts once: in the complete one, then in the later. */
function entitiesOf(winners: Map<string, Version>): Entity[] {
  const entities = new Map<string, Entity>();
  const inOrder = [...winners.values()].sort((a, b) => Number(a.flat.complete) - Number(b.flat.complete) || a.position - b.position);
  for (const version of inOrder) for (const entity of version.flat.entities) entities.set(entity.id, entity);
  return [...entities.values()];
}

function placeOf(entity: Entity): string {
  return `${sliceOf(entity.startMicros)} ${entity.id}`;
}

/** Rows by where they stand in the table. */
function relationRows(entities: readonly Entity[]): [string, RelationRow][] {
  const slices = new Map(entities.map((entity) => [entity.id, sliceOf(entity.startMicros)]));
  const rows: [string, RelationRow][] = [];
  for (const relation of relateTrace(entities)) {
    const id = relation.kind === 'callee' ? relation.callId : relation.id;
    const childId = relation.kind === 'callee' ? relation.childId : '';
    const slice = slices.get(id);
    if (slice === undefined) continue;
    const row = { slice, id: idWords(id), childId: idWords(childId), kind: relationKinds[relation.kind], node: relation.node };
    rows.push([`${slice} ${id} ${childId}`, row]);
  }
  return rows;
}

/** Links that its documents name, and deliveries of messages within the trace, by where they stand in the table. */
function linkRows(winners: Map<string, Version>, position: number): [string, LinkRow][] {
  const rows = [...winners.values()].flatMap(({ flat, links }) => links.map((link) => linkRow(link, flat.traceId, position)));
  const entities = new Map(entitiesOf(winners).map((entity) => [entity.id, entity]));
  const [first] = winners.values();
  for (const relation of relateTrace([...entities.values()])) {
    if (relation.kind !== 'callee' || first === undefined) continue;
    const call = entities.get(relation.callId);
    const child = entities.get(relation.childId);
    if (call === undefined || child === undefined || !isDelivery(call, relation.node)) continue;
    const { traceId } = first.flat;
    const link = { id: child.id, startMicros: child.startMicros, causeTraceId: traceId, causeId: call.id };
    rows.push({ ...linkRow(link, traceId, position), causeSlice: sliceOf(call.startMicros) });
  }
  return rows.map((row) => [`${row.slice} ${row.id} ${row.causeTraceId} ${row.causeId}`, row]);
}

/** Puts a trace back to what is stored of it, after a document of it was taken back that is kept aside. */
export async function withdrawDocument(client: ClickHouseClient, refused: LoggedDocument, batch: FactBatch): Promise<void> {
  const document = readAgain(refused);
  const known = await traceVersions(client, new Map([[document.flat.traceId, namedIn(document)]]));
  const stored = (known.versions.get(document.flat.traceId) ?? []).flatMap(storedVersion);
  const source = { trace: traceWords(document.flat.traceId), position: document.position, complete: true };
  const entities = entitiesOf(winningVersions(stored));
  const remaining = new Map(entities.map((entity) => [placeOf(entity), entity]));
  for (const entity of document.flat.entities) {
    const other = remaining.get(placeOf(entity));
    if (other === undefined) batch.voidEntity(source, sliceOf(entity.startMicros), idWords(entity.id));
    else batch.entity(source, other, idWords(other.id), idWords(other.parentId));
  }
  for (const [, row] of relationRows(entities)) batch.relation(source, row);
}
