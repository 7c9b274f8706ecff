/** Traces as they are asked for and as they are read back. */
import type { StoredDocument } from '@fluoroscope/clickhouse/trace-reader';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { list, text } from '../protocol/fields.js';

/** X-Ray documents 5; its model has no limit, and longer lists cost no more than several calls. */
export const maxTraceIds = 100;
export const traceIdsField = list(text({ min: 1, max: 35 }), { min: 1, max: maxTraceIds });

/** Read together. A trace may be 64 MB, so that not many are in memory at once. */
export const tracesPerRead = 5;

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
