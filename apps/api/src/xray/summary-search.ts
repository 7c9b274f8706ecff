/**
 * Pages of trace summaries, newest first: traces are found by time, those that a filter cannot mean are left out by storage,
 * and every other is put together and asked. The work of a page is bounded: one that reaches a bound has what it found, and
 * the place to go on.
 */
import type { TracePlace } from '@fluoroscope/clickhouse/trace-list-reader';
import type { FoundTrace, TraceIdQuery, TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { documentsMatch, type Membership } from '@fluoroscope/xray/filter/evaluate';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import { summarizeTrace, type TraceSummary } from '@fluoroscope/xray/summary';
import { parsedDocuments } from './stored-traces.js';

export interface SummaryQuery extends Omit<TraceIdQuery, 'limit'> {
  before: TracePlace | null;
  filter: Expression | null;
}

export interface SummaryPage {
  summaries: TraceSummary[];
  /** Traces that were looked at, those that do not match included. */
  processed: number;
  /** Null when the range has been looked through. */
  next: TracePlace | null;
}

const summariesPerPage = 100;
/** Traces that are in memory together. */
const tracesPerRead = 25;
/** Candidates of one search for a filter, which costs more than one without. */
const candidatesPerSearch = 500;
/** Then a page is answered with what it has. An SDK waits much longer, a person does not. */
const pageLimitMs = 2_000;
const maxProcessed = 5_000;
/** Holds every trace; there are no others yet. */
const memberships: readonly Membership[] = [{ name: 'Default', arn: '' }];

export class SummarySearch {
  constructor(private readonly reader: TraceReader) {}

  async page(query: SummaryQuery): Promise<SummaryPage> {
    const deadlineMs = Date.now() + pageLimitMs;
    const isDone = ({ summaries, processed }: SummaryPage) =>
      summaries.length === summariesPerPage || processed >= maxProcessed || Date.now() >= deadlineMs;
    const limit = query.filter === null ? summariesPerPage : candidatesPerSearch;
    const page: SummaryPage = { summaries: [], processed: 0, next: query.before };
    do {
      const { traces, next } = await this.reader.find({ ...query, before: page.next, limit });
      if (await this.addUntil(page, { traces, filter: query.filter, isDone })) return page;
      page.next = next;
    } while (page.next !== null && !isDone(page));
    return page;
  }

  /** True when the page ended within these traces; at least one read's worth of them is on it. */
  private async addUntil(page: SummaryPage, { traces, filter, isDone }: Candidates): Promise<boolean> {
    for (let i = 0; i < traces.length; i += tracesPerRead) {
      if (i > 0 && isDone(page)) return true;
      if (await this.add(page, traces.slice(i, i + tracesPerRead), filter)) return true;
    }
    return false;
  }

  /** True when the page is full; it goes on behind the trace that filled it. */
  private async add(page: SummaryPage, traces: readonly FoundTrace[], filter: Expression | null): Promise<boolean> {
    const stored = await this.reader.documents(traces.map(({ traceId }) => traceId));
    for (const { traceId, place } of traces) {
      if (page.summaries.length === summariesPerPage) return true;
      page.next = place;
      const documents = parsedDocuments(stored.get(traceId) ?? []);
      if (documents.length === 0) continue;
      page.processed++;
      if (filter === null || documentsMatch(filter, documents, memberships)) page.summaries.push(summarizeTrace(documents));
    }
    return false;
  }
}

interface Candidates {
  traces: readonly FoundTrace[];
  filter: Expression | null;
  isDone: (page: SummaryPage) => boolean;
}
