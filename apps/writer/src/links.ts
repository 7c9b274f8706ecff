/**
 * Finds out where the causes of a batch's links are stored, and which stored links lead to what has arrived: those slices are
 * to be computed again. So it does not matter which of the two ends comes first, nor how long ago (up to seven days), nor
 * whether this process was there. Runs before the batch is inserted, so that what it reads is complete.
 */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import { type FactBatch, type LinkRow, sliceOf } from '@fluoroscope/clickhouse/facts';
import { documentsWith, linksFrom, maxLinkSlices } from '@fluoroscope/clickhouse/links';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { type FlattenedDocument, flattenDocument } from '@fluoroscope/xray/entities';
import { type LoggedDocument, readAgain } from './logged-document.js';

/** By how much the clock of who was caused may be behind: an hour. */
const skewSlices = 3_600 / sliceSeconds;

export interface LinkClients {
  /** Of the batch's own shard. */
  own: ClickHouseClient;
  /** Of all shards: a cause may be anywhere. */
  everywhere: ClickHouseClient;
}

export interface LinkedBatch {
  documents: readonly LoggedDocument[];
  /** Traces among them that stored links may name. */
  named: ReadonlySet<string>;
  facts: FactBatch;
}

export async function resolveLinks({ own, everywhere }: LinkClients, { documents, named, facts }: LinkedBatch): Promise<void> {
  const open = facts.links.filter(({ isVoid, causeSlice, causeId }) => !isVoid && causeSlice === 0 && causeId !== '');
  const stored = await storedLinks(own, { documents, named, facts });
  if (open.length === 0 && stored.length === 0) return;
  const places = new CausePlaces([...open, ...stored]);
  for (const document of documents) if (places.has(document.traceId)) places.look(readAgain(document).flat);
  await lookInStorage(everywhere, open, places);
  for (const link of open) link.causeSlice = places.of(link);
  const last = lastPositions(documents);
  for (const link of stored) {
    facts.link({ ...link, causeSlice: places.of(link) || link.causeSlice }, Math.max(link.position, last.get(link.causeTraceId) ?? 0));
  }
}

/** Links of earlier batches to the traces of this one. */
async function storedLinks(client: ClickHouseClient, { documents, named, facts }: LinkedBatch): Promise<LinkRow[]> {
  if (named.size === 0) return [];
  const firstSlice = documents.reduce((first, { startMicros }) => Math.min(first, sliceOf(startMicros)), Number.POSITIVE_INFINITY);
  return linksFrom(client, { traceIds: [...named], firstSlice: firstSlice - skewSlices, shard: facts.shard });
}

/** Of the causes of links, as far as they are stored. */
export async function placesOf(client: ClickHouseClient, links: readonly LinkRow[]): Promise<CausePlaces> {
  const places = new CausePlaces(links);
  await lookInStorage(client, links, places);
  return places;
}

/** Of the segments and subsegments that links lead to: in which slice they are. */
class CausePlaces {
  private readonly slices = new Map<string, number | null>();
  private readonly traces = new Set<string>();

  constructor(links: readonly LinkRow[]) {
    for (const { causeTraceId, causeId } of links) {
      this.traces.add(causeTraceId);
      this.slices.set(causeTraceId + causeId, null);
    }
  }

  has(traceId: string): boolean {
    return this.traces.has(traceId);
  }

  look({ traceId, entities }: FlattenedDocument): void {
    if (!this.traces.has(traceId)) return;
    for (const { id, startMicros } of entities)
      if (this.slices.get(traceId + id) === null) this.slices.set(traceId + id, sliceOf(startMicros));
  }

  /** 0 while it is not known, and for what is too old. */
  of({ causeTraceId, causeId, slice }: LinkRow): number {
    const place = this.slices.get(causeTraceId + causeId) ?? 0;
    return slice - place > maxLinkSlices ? 0 : place;
  }
}

/** A shard that is away keeps nothing from being stored: what leads there stays open, and is looked for again. */
async function lookInStorage(client: ClickHouseClient, open: readonly LinkRow[], places: CausePlaces): Promise<void> {
  const missing = open.filter((link) => places.of(link) === 0);
  if (missing.length === 0) return;
  const wanted = missing.map(({ causeTraceId, causeId }) => ({ traceId: causeTraceId, word: causeId }));
  const firstSlice = Math.min(...missing.map(({ slice }) => slice)) - maxLinkSlices;
  for (const { raw } of await documentsWith(client, wanted, { firstSlice, isPartial: true })) {
    const document = readStoredDocument(raw);
    if (document !== null) places.look(flattenDocument(document));
  }
}

function lastPositions(documents: readonly LoggedDocument[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const { traceId, position } of documents) last.set(traceId, Math.max(last.get(traceId) ?? 0, position));
  return last;
}
