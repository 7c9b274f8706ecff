/** Reads the documents of traces. */

export interface StoredDocument {
  /** 16 hex digits. */
  id: string;
  /** The JSON text as it was received. */
  raw: string;
}

export interface TraceReader {
  /** The winning version of every document of these traces; a trace that is not stored has no entry. */
  documents(traceIds: readonly string[]): Promise<Map<string, StoredDocument[]>>;
  /**
   * IDs of traces with a segment whose start (or end, `by: 'end'`) lies in [from, to) epoch seconds, newest first by that
   * time. `before` continues behind an earlier page's `next`; `next` is null on the last page.
   */
  traceIds(query: TraceIdQuery): Promise<{ traceIds: string[]; next: string | null }>;
}

export interface TraceIdQuery {
  from: number;
  to: number;
  by: 'start' | 'end';
  limit: number;
  before?: string;
}
