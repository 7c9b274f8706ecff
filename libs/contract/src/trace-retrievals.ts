/** Retrievals of traces: jobs that are begun, asked for their results, and cancelled, from whichever process. */

export interface TraceRetrieval {
  /** By which the one who began it asks for its results. */
  token: string;
  traceIds: string[];
  /** Epoch seconds, both included: traces of which something began then. */
  from: number;
  to: number;
  /** Epoch milliseconds. */
  startedAtMs: number;
  isCancelled: boolean;
}

export type RetrievalChange =
  | { kind: 'start trace retrieval'; token: string; traceIds: string[]; from: number; to: number }
  | { kind: 'cancel trace retrieval'; token: string };

/** `at` is epoch milliseconds, by the clock of the process that appended it. */
export type RetrievalRecord = RetrievalChange & { id: string; at: number };

export const maxRetrievalTraces = 100;
/** The results of a retrieval can be asked for as long. */
export const retrievalLifeMs = 60 * 60_000;
/** Of one installation; the oldest is forgotten first, and counted. */
export const maxRetrievals = 100;
