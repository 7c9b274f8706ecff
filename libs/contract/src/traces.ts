/** A trace as the list shows it: one row, folded from the trace's documents by `traceRow` (libs/xray), live and stored alike. */
import type { AnnotationValue } from './documents.js';
import type { NodeKey } from './graph.js';

/** Services of a row beyond these are counted in `moreServices`, annotations beyond theirs are left out. */
export const maxRowServices = 12;
export const maxRowAnnotations = 20;

/** What happened to a request; the four outcomes are exclusive. */
export type OutcomeName = 'ok' | 'error' | 'throttle' | 'fault';

export interface TraceRow {
  /** As X-Ray writes it: 1-8-24 hexadecimal digits. */
  traceId: string;
  /** Of the root segment. */
  startMicros: number;
  /** The root's response time; null while it is in progress. */
  responseMicros: number | null;
  /** From the first start to the last end that is known. */
  durationMicros: number;
  /** Any document of the trace is in progress. */
  inProgress: boolean;
  /** The root's; `ok` while it is in progress and nothing is wrong yet. */
  outcome: OutcomeName;
  /** The worst of any segment: fault, throttle, error, ok. */
  worst: OutcomeName;
  /** The root's node. */
  entry: NodeKey;
  method: string | null;
  url: string | null;
  status: number | null;
  /** In order of their first start, the entry first. */
  services: NodeKey[];
  moreServices: number;
  /** The first value of each key. */
  annotations: Record<string, AnnotationValue>;
  documents: number;
}

/** What `GET /api/traces` answers. */
export interface TracePage {
  /** Newest first. */
  rows: TraceRow[];
  /** To be given back as `before` for the next page; null when there is none. A page may have few rows and a next one. */
  before: string | null;
  /**
   * Traces of the range that match; exact when this page is all of them, otherwise requests (segments without a parent) as the
   * stored graph counts them. Where the graph does not know, `totalIsAtLeast`: there are these and maybe more.
   */
  total: number;
  totalIsAtLeast: boolean;
  /** Everything between here and the begin of the page has been looked through, in epoch seconds. */
  searchedTo: number;
  /** Epoch seconds, as asked. */
  from: number;
  to: number;
}

/** Links of a trace beyond these, one way, are left out. */
export const maxTraceLinks = 500;

/** What `GET /api/traces/{id}/links` answers: through messages that were received in traces of their own. In order of time. */
export interface TraceLinks {
  causedBy: LinkedTrace[];
  caused: LinkedTrace[];
  /** There are more than `maxTraceLinks` one way. */
  isCut: boolean;
}

export interface LinkedTrace {
  /** The segment or subsegment of this trace, '' when the link names only the trace. */
  ownId: string;
  /** The other trace, and the segment or subsegment in it, likewise. */
  traceId: string;
  id: string;
  /** Null while nothing of it is stored. */
  other: LinkedPart | null;
  /** From the end of the cause (its start, while it is in progress) to the start of what it caused; null while one is not stored. */
  ageMicros: number | null;
}

/** A segment or subsegment at the other end of a link. */
export interface LinkedPart {
  /** As its document names it. */
  name: string;
  /** Of the segment that it is or belongs to; null while that is not stored. */
  service: NodeKey | null;
  /** Of a call: the queue, topic or stream that it sent to. */
  through: NodeKey | null;
  startMicros: number;
  outcome: OutcomeName;
  inProgress: boolean;
}
