/**
 * The fold of the log of what is soon of no use: what samplers report, and which retrievals of traces were begun. It is apart from what
 * people change, because it would push that out of the audit trail.
 */
import type { SamplingStatisticsRecord } from '@fluoroscope/contract/sampling';
import type { RetrievalRecord, TraceRetrieval } from '@fluoroscope/contract/trace-retrievals';
import type { BookOutcome } from './book-outcome.js';
import { isObject, isText } from './json-values.js';
import { maxTokenLength, RetrievalBook, traceIdsOf } from './retrieval-book.js';
import { SamplingStatistics } from './sampling-statistics.js';

/** What became of a record: one of the two, or neither for what was not understood. */
export interface PassingOutcome {
  reported: SamplingStatisticsRecord | null;
  retrieval: BookOutcome<TraceRetrieval> | null;
}

export class PassingState {
  readonly sampling = new SamplingStatistics();
  readonly retrievals = new RetrievalBook();

  apply(text: string): PassingOutcome {
    // Reports are many: only what has this word in it is looked at twice.
    const record = text.includes(' trace retrieval"') ? retrievalRecordOf(text) : null;
    if (record === null) return { reported: this.sampling.apply(text), retrieval: null };
    return { reported: null, retrieval: this.retrievals.apply(record, record.at) };
  }

  snapshot(): unknown {
    return { ...this.sampling.snapshot(), retrievals: this.retrievals.snapshot() };
  }

  /** Snapshots of a version that knew no retrievals have none. False when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    const { retrievals = [] } = isObject(snapshot) ? snapshot : {};
    return this.retrievals.restore(retrievals) && this.sampling.restore(snapshot);
  }
}

function retrievalRecordOf(text: string): RetrievalRecord | null {
  const { id, at, kind, token, ...members } = objectOf(text);
  if (typeof id !== 'string' || typeof at !== 'number' || !isText(token, maxTokenLength)) return null;
  if (kind === 'cancel trace retrieval') return { id, at, kind, token };
  const { from, to } = members;
  const traceIds = traceIdsOf(members.traceIds);
  if (kind !== 'start trace retrieval' || traceIds === null || typeof from !== 'number' || typeof to !== 'number') return null;
  return { id, at, kind, token, traceIds, from, to };
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
