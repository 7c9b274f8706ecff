/** What the trace page and its worker say to each other. Rows cross as arrays, details only when they are asked for. */
import type { EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import type { CriticalPath } from '@fluoroscope/xray/critical-path';
import type { OwnTime } from '@fluoroscope/xray/self-time';
import type { SkewHint } from '@fluoroscope/xray/skew';
import type { Waterfall } from '@fluoroscope/xray/waterfall';

/** Everything that is drawn of a trace. Replaced as a whole when documents come. */
export interface TraceData extends OwnTime {
  rows: Waterfall;
  path: CriticalPath;
  /** By row, the worst outcome of itself and of all below it. */
  worst: Uint8Array;
  /** By service: its place among all by time spent, 0 for the one that spent most. */
  rank: Uint16Array;
  skew: SkewHint[];
  /** By row, how far it is drawn from where it was sent, in microseconds; null while all are drawn as they were sent. */
  moved: Float64Array | null;
  documents: number;
  bytes: number;
  /** Lines that are no segment documents. */
  unreadable: number;
  /** Documents that the trace has; more than `documents` when the server did not send all. */
  total: number;
}

export interface RowDetails {
  id: string;
  /** Its own members; what lies inside is rows of their own. */
  source: EntityDocument & Partial<SegmentDocument>;
  /** The segment that it belongs to; null when that is not here. */
  segment: { id: string; name: string; origin: string; version: string } | null;
  /** Of a reference to an exception: the row that has it. */
  causeId: string | null;
  /** The document that it came in. */
  documentId: string;
}

export interface DocumentEntry {
  id: string;
  name: string;
  bytes: number;
  isSubsegment: boolean;
}

export type Ask = { number: number } & (
  | { kind: 'open'; traceId: string }
  | { kind: 'details'; id: string }
  | { kind: 'documents' }
  /** JSON, with two spaces at each level. */
  | { kind: 'document'; id: string }
  /** Forgets the trace, and stops reading it; there is no answer. */
  | { kind: 'close' }
);

export type Answer = { number: number } & (
  | { kind: 'progress'; documents: number; bytes: number }
  | { kind: 'data'; data: TraceData }
  | { kind: 'details'; details: RowDetails | null }
  | { kind: 'documents'; entries: DocumentEntry[] }
  | { kind: 'document'; text: string | null }
  | { kind: 'trouble'; message: string; code: string; status: number }
);

/** What is handed over instead of copied. */
export function buffersOf({ rows, path, self, gaps, worst, rank }: TraceData): Transferable[] {
  const views = [...Object.values(rows), ...Object.values(path), ...Object.values(gaps), self, worst, rank];
  return views.filter((view) => ArrayBuffer.isView(view)).map((view) => view.buffer as ArrayBuffer);
}
