/** From a document's text to what the writer makes of it. */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { parseDocument } from '@fluoroscope/xray/document';
import { type FlattenedDocument, flattenDocument } from '@fluoroscope/xray/entities';
import { linksIn, type TraceLink } from '@fluoroscope/xray/links';

export type ReadDocument =
  | { text: string; document: SegmentDocument; flat: FlattenedDocument; links: TraceLink[] }
  | { refused: string; isDefect: boolean };

/** A document that we fail on is refused, as one that fails X-Ray's rules: everything behind it would wait for ever. */
export function readDocument(text: string, receivedAtMs: number): ReadDocument {
  try {
    const parsed = parseDocument(text, receivedAtMs / 1000);
    if ('rejected' in parsed) return { refused: parsed.rejected.message, isDefect: false };
    const { document } = parsed;
    return { text, document, flat: flattenDocument(document), links: linksIn(text, document) };
  } catch (error) {
    return { refused: `it could not be understood: ${String(error)}`, isDefect: true };
  }
}
