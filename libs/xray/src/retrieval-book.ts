/**
 * The retrievals of an installation that have not run out, after every change so far. Bounded: the oldest is forgotten first, and
 * counted when its time was not over. What a retrieval finds is not kept: it is read when it is asked for.
 */
import {
  maxRetrievals,
  maxRetrievalTraces,
  type RetrievalChange,
  retrievalLifeMs,
  type TraceRetrieval,
} from '@fluoroscope/contract/trace-retrievals';
import { type BookOutcome, refuse } from './book-outcome.js';
import { normalizeTraceId } from './ids.js';
import { isObject, isText } from './json-values.js';

export const maxTokenLength = 1_020;

export class RetrievalBook {
  /** Before their time. */
  forgotten = 0;
  readonly #retrievals = new Map<string, TraceRetrieval>();

  /** Null for a token that was never given, or whose time is over. */
  retrieval(token: string, nowMs: number): TraceRetrieval | null {
    const found = this.#retrievals.get(token);
    return found !== undefined && nowMs < found.startedAtMs + retrievalLifeMs ? found : null;
  }

  /** `atMs` is the change's own time. */
  apply(change: RetrievalChange, atMs: number): BookOutcome<TraceRetrieval> {
    if (change.kind === 'start trace retrieval') return this.#start(change, atMs);
    const before = this.retrieval(change.token, atMs);
    if (before === null) return refuse('resource_unknown', 'There is no retrieval with this token, or its time is over');
    const after = { ...before, traceIds: [], isCancelled: true };
    this.#retrievals.set(change.token, after);
    return { before, after };
  }

  /** Plain data, from which `restore` goes on. */
  snapshot(): TraceRetrieval[] {
    return [...this.#retrievals.values()];
  }

  /** False, and nothing changed, when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    const retrievals = Array.isArray(snapshot) ? snapshot.map(retrievalOf) : [null];
    if (retrievals.some((retrieval) => retrieval === null)) return false;
    this.#retrievals.clear();
    for (const retrieval of retrievals) if (retrieval !== null) this.#retrievals.set(retrieval.token, retrieval);
    return true;
  }

  #start({ token, traceIds, from, to }: RetrievalChange & { kind: 'start trace retrieval' }, atMs: number): BookOutcome<TraceRetrieval> {
    this.#forgetOld(atMs);
    const after = { token, traceIds, from, to, startedAtMs: atMs, isCancelled: false };
    this.#retrievals.set(token, after);
    return { before: null, after };
  }

  /** In the order in which they began. */
  #forgetOld(nowMs: number): void {
    for (const token of this.#retrievals.keys()) {
      const isOver = this.retrieval(token, nowMs) === null;
      if (!isOver && this.#retrievals.size < maxRetrievals) return;
      if (!isOver) this.forgotten++;
      this.#retrievals.delete(token);
    }
  }
}

/** In lower case, as traces are stored; null when one is no trace ID, or they are too many. */
export function traceIdsOf(value: unknown): string[] | null {
  if (!Array.isArray(value) || value.length > maxRetrievalTraces) return null;
  const traceIds = value.map((one) => (typeof one === 'string' ? normalizeTraceId(one) : null));
  return traceIds.every((traceId) => traceId !== null) ? traceIds : null;
}

function retrievalOf(value: unknown): TraceRetrieval | null {
  if (!isObject(value) || !isText(value.token, maxTokenLength)) return null;
  const { token, from, to, startedAtMs, isCancelled } = value;
  const traceIds = traceIdsOf(value.traceIds);
  if (traceIds === null || typeof from !== 'number' || typeof to !== 'number') return null;
  return typeof startedAtMs === 'number' && typeof isCancelled === 'boolean'
    ? { token, traceIds, from, to, startedAtMs, isCancelled }
    : null;
}
