/** Which version of a document counts, and which of two copies of a subsegment. Arrival is the order of the given list. */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { type Entity, type FlattenedDocument, flattenDocument } from './entities.js';

export interface DocumentVersion {
  document: SegmentDocument;
  flat: FlattenedDocument;
}

/**
 * One version of each document (trace ID + ID): a complete one over one in progress, then the later. In order of the
 * winning versions' arrival.
 */
export function winningVersions(documents: readonly SegmentDocument[]): DocumentVersion[] {
  const winners = new Map<string, DocumentVersion>();
  for (const document of documents) {
    const flat = flattenDocument(document);
    const identity = flat.traceId + flat.id;
    const known = winners.get(identity);
    if (known?.flat.complete && !flat.complete) continue;
    winners.delete(identity);
    winners.set(identity, { document, flat });
  }
  return [...winners.values()];
}

/** By trace ID. A subsegment that came both embedded and streamed is one entity; a complete document has it, then the later. */
export function entitiesOfTraces(versions: readonly DocumentVersion[]): Map<string, Entity[]> {
  const traces = new Map<string, Map<string, Entity>>();
  const inOrder = [...versions.filter(({ flat }) => !flat.complete), ...versions.filter(({ flat }) => flat.complete)];
  for (const { flat } of inOrder) {
    let trace = traces.get(flat.traceId);
    if (trace === undefined) {
      trace = new Map();
      traces.set(flat.traceId, trace);
    }
    for (const entity of flat.entities) trace.set(entity.id, entity);
  }
  return new Map(Array.from(traces, ([traceId, trace]) => [traceId, [...trace.values()]]));
}
