/** Traces as they are asked for and as they are read back. */
import type { StoredDocument, TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { invalidRequest } from '../protocol/errors.js';
import { list, text } from '../protocol/fields.js';

/** X-Ray documents 5; its model has no limit, and longer lists cost no more than several calls. */
export const maxTraceIds = 100;
export const traceIdsField = list(text({ min: 1, max: 35 }), { min: 1, max: maxTraceIds });

/** Read together. A trace may be 64 MB, so that not many are in memory at once. */
export const tracesPerRead = 5;

/** Of what is put together at once: twice what one trace is kept whole up to; parsed, it takes a multiple of it. */
const maxTogetherBytes = 128 * 1024 * 1024;

const traceIdPattern = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i;

export function isTraceId(text: string): boolean {
  return traceIdPattern.test(text);
}

/** In lower case, as they are stored; each once, in order. What cannot be a trace ID is left out. */
export function knownTraceIds(traceIds: readonly string[]): string[] {
  return [...new Set(traceIds.filter(isTraceId).map((traceId) => traceId.toLowerCase()))];
}

/** As X-Ray's rules read them; they were judged by their age when they came, so not again. */
export function parsedDocuments(stored: readonly StoredDocument[]): SegmentDocument[] {
  return stored.flatMap(({ raw }) => {
    const document = readStoredDocument(raw);
    return document === null ? [] : [document];
  });
}

/** By trace; what is not stored has no entry. Throws X-Ray's error for more than can be put together at once. */
export async function readTraces(reader: TraceReader, traceIds: readonly string[]): Promise<Map<string, SegmentDocument[]>> {
  const traces = new Map<string, SegmentDocument[]>();
  let bytes = 0;
  for (let i = 0; i < traceIds.length; i += tracesPerRead) {
    for (const [traceId, stored] of await reader.documents(traceIds.slice(i, i + tracesPerRead))) {
      for (const { raw } of stored) bytes += raw.length;
      if (bytes > maxTogetherBytes) throw invalidRequest('The documents of these traces are too many for one call; ask for fewer traces');
      traces.set(traceId, parsedDocuments(stored));
    }
  }
  return traces;
}
