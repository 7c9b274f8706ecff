/**
 * A document of the log until it is stored. What was read of it is not kept: that is a hundred objects, which the garbage collector
 * would copy about before they are stored, and this costs more than reading those few anew that are asked for.
 */
import type { FlattenedDocument } from '@fluoroscope/xray/entities';
import type { TraceLink } from '@fluoroscope/xray/links';
import { readDocument } from './read-document.js';

export interface LoggedDocument {
  /** As it stands in the log. */
  raw: Uint8Array;
  position: number;
  receivedAtMs: number;
  traceId: string;
  id: string;
  startMicros: number;
}

/** With what was read of it. */
export interface IncomingDocument extends Pick<LoggedDocument, 'raw' | 'position' | 'receivedAtMs'> {
  flat: FlattenedDocument;
  /** To other traces. */
  links: readonly TraceLink[];
}

export function loggedDocument({ flat, raw, position, receivedAtMs }: IncomingDocument): LoggedDocument {
  const { traceId, id, entities } = flat;
  return { raw, position, receivedAtMs, traceId, id, startMicros: entities[0]?.startMicros ?? 0 };
}

export function readAgain({ raw, position, receivedAtMs }: LoggedDocument): IncomingDocument {
  const read = readDocument(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8'), receivedAtMs);
  if ('refused' in read) throw new Error(`Document ${position} was read before, and now is refused: ${read.refused}`);
  return { flat: read.flat, links: read.links, raw, position, receivedAtMs };
}
