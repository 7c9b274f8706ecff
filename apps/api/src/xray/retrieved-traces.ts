/** The traces of a retrieval, page by page: at most five at once, and of each the next hundred spans. */
import type { StoredDocument, TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { TraceRetrieval } from '@fluoroscope/contract/trace-retrievals';
import { otelSpans } from '@fluoroscope/xray/otel-spans';
import { mergeTrace } from '@fluoroscope/xray/trace';
import { parsedDocuments, tracesPerRead } from './stored-traces.js';

/** As AWS's model has them. */
const spansPerTrace = 100;
/** A page ends with the trace that reaches this. */
const maxPageBytes = 8 * 1024 * 1024;

export type TraceFormat = 'XRAY' | 'OTEL';

/** Indexes: of a trace of the retrieval, and of the first of its spans that was not answered. */
export interface SpanPlace {
  trace: number;
  span: number;
}

interface RetrievedTrace {
  Id: string;
  /** Seconds. */
  Duration: number;
  Spans: Span[];
}

interface Span {
  Id: string;
  Document: string;
}

export interface RetrievedPage {
  traces: RetrievedTrace[];
  next: SpanPlace | null;
}

/** `tracesPerRead` is also the most that a page may have. */
export async function retrievedPage(
  reader: TraceReader,
  retrieval: TraceRetrieval,
  { at, format }: { at: SpanPlace; format: TraceFormat },
): Promise<RetrievedPage> {
  const traceIds = retrieval.traceIds.slice(at.trace, at.trace + tracesPerRead);
  const stored = await reader.documents(traceIds);
  const traces: RetrievedTrace[] = [];
  let bytes = 0;
  for (const [index, traceId] of traceIds.entries()) {
    const trace = at.trace + index;
    if (bytes >= maxPageBytes) return { traces, next: { trace, span: 0 } };
    const first = index === 0 ? at.span : 0;
    const whole = traceOf(traceId, stored.get(traceId) ?? [], { retrieval, format });
    const Spans = whole.Spans.slice(first, first + spansPerTrace);
    if (Spans.length > 0) traces.push({ ...whole, Spans });
    if (first + spansPerTrace < whole.Spans.length) return { traces, next: { trace, span: first + spansPerTrace } };
    for (const { Document } of Spans) bytes += Document.length;
  }
  const trace = at.trace + traceIds.length;
  return { traces, next: trace < retrieval.traceIds.length ? { trace, span: 0 } : null };
}

/** Without spans when nothing of it began in the retrieval's range. */
function traceOf(
  Id: string,
  stored: readonly StoredDocument[],
  { retrieval, format }: { retrieval: TraceRetrieval; format: TraceFormat },
): RetrievedTrace {
  const documents = parsedDocuments(stored);
  if (!isWithin(documents, retrieval)) return { Id, Duration: 0, Spans: [] };
  const Duration = mergeTrace(documents).durationSeconds;
  const asSent = () => stored.map(({ id, raw }) => ({ Id: id, Document: raw }));
  const asOtel = () => documents.flatMap(otelSpans).map((span) => ({ Id: span.spanId, Document: JSON.stringify(span) }));
  return { Id, Duration, Spans: format === 'XRAY' ? asSent() : asOtel() };
}

export function isWithin(documents: readonly { start_time: number }[], { from, to }: TraceRetrieval): boolean {
  return documents.some(({ start_time }) => start_time >= from && start_time <= to);
}
