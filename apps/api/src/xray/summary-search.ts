/**
 * Pages of trace summaries, newest first: traces are found by time, those that a filter cannot mean are left out by storage,
 * and every other is put together and asked. The work of a page is bounded: one that reaches a bound has what it found, and
 * the place to go on.
 */
import type { GroupNames } from '@fluoroscope/clickhouse/groups';
import type { TracePlace } from '@fluoroscope/clickhouse/trace-list-reader';
import type { FoundTrace, FoundTraces, StoredDocument, TraceIdQuery, TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { documentsMatch } from '@fluoroscope/xray/filter/evaluate';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import { speaksOfGroups } from '@fluoroscope/xray/groups';
import { summarizeTrace, type TraceSummary } from '@fluoroscope/xray/summary';
import { parsedDocuments } from './stored-traces.js';

export interface SummaryQuery extends Omit<TraceIdQuery, 'limit'> {
  before: TracePlace | null;
  filter: Expression | null;
  /** Of the groups that the filter speaks of. */
  groups: GroupNames;
}

export interface SummaryPage {
  summaries: TraceSummary[];
  /** Traces that were looked at, those that do not match included. */
  processed: number;
  /** Null when the range has been looked through. */
  next: TracePlace | null;
}

const summariesPerPage = 100;
/** Traces that are read together, a page of them and some that stand elsewhere; a quarter of them when they are not small. */
const mostPerRead = 125;
/** Documents that are in memory together, of at most 64 KB each, unless a single trace has more. */
const maxDocumentsPerRead = 1_000;
/** Candidates of one search for a filter, which costs more than one without: some stand elsewhere, or do not match. */
const candidatesPerSearch = 500;
/** Then a page is answered with what it has. An SDK waits much longer, a person does not. */
const pageLimitMs = 2_000;
const maxProcessed = 5_000;

export class SummarySearch {
  constructor(private readonly reader: TraceReader) {}

  async page(query: SummaryQuery): Promise<SummaryPage> {
    const deadlineMs = Date.now() + pageLimitMs;
    const isDone = ({ summaries, processed }: SummaryPage) =>
      summaries.length === summariesPerPage || processed >= maxProcessed || Date.now() >= deadlineMs;
    const page: SummaryPage = { summaries: [], processed: 0, next: query.before };
    const starts = new Map<string, number>();
    do {
      const { traces, next } = await this.find(query, page.next);
      if (await this.addUntil(page, { traces, query, starts, isDone })) return page;
      page.next = next;
    } while (page.next !== null && !isDone(page));
    return page;
  }

  /** With a filter, places too where none of these traces starts: their documents, which are read anyway, tell it. */
  private find({ filter, groups, ...range }: SummaryQuery, before: TracePlace | null): Promise<FoundTraces> {
    if (filter === null) return this.reader.find({ ...range, before, limit: summariesPerPage });
    return this.reader.candidates({ ...range, filter, groupIdOf: groups.idOf, before, limit: candidatesPerSearch });
  }

  /** True when the page ended within these traces; at least one read's worth of them is on it. */
  private async addUntil(page: SummaryPage, { traces, query, starts, isDone }: Candidates): Promise<boolean> {
    let perRead = mostPerRead;
    for (let i = 0; i < traces.length; ) {
      if (i > 0 && isDone(page)) return true;
      const some = traces.slice(i, i + perRead);
      const stored = await this.documentsOf(some.filter((trace) => mayStartThere(trace, { query, starts })));
      if (stored === null) {
        perRead = Math.ceil(some.length / 4);
        continue;
      }
      if (await this.add(page, { traces: some, stored, query, starts })) return true;
      i += some.length;
      perRead = Math.min(perRead * 2, mostPerRead);
    }
    return false;
  }

  /** Null when they are too many to be read together. */
  private async documentsOf(traces: readonly FoundTrace[]): Promise<StoredDocuments | null> {
    const traceIds = [...new Set(traces.map(({ traceId }) => traceId))];
    if (traceIds.length === 0) return new Map();
    return traceIds.length === 1 ? this.reader.documents(traceIds) : this.reader.fewDocuments(traceIds, maxDocumentsPerRead);
  }

  /** True when the page is full; it goes on behind the trace that filled it. */
  private async add(page: SummaryPage, { traces, stored, query, starts }: ReadTraces): Promise<boolean> {
    const { filter, groups } = query;
    const needsGroups = filter !== null && speaksOfGroups(filter);
    const groupIds = needsGroups ? await this.reader.groups(traces.map(({ traceId }) => traceId)) : null;
    for (const [traceId, documents] of stored) starts.set(traceId, startOf(documents));
    for (const trace of traces) {
      if (page.summaries.length === summariesPerPage) return true;
      page.next = trace.place;
      const { traceId } = trace;
      const documents = mayStartThere(trace, { query, starts }) ? parsedDocuments(stored.get(traceId) ?? []) : [];
      if (documents.length === 0) continue;
      page.processed++;
      const memberships = groups.memberships(groupIds?.get(traceId) ?? []);
      if (filter === null || documentsMatch(filter, documents, memberships)) page.summaries.push(summarizeTrace(documents));
    }
    return false;
  }
}

/** True while the trace is not known to start elsewhere. */
function mayStartThere({ traceId, place }: FoundTrace, { query, starts }: Pick<Candidates, 'query' | 'starts'>): boolean {
  return query.by === 'end' || query.filter === null || (starts.get(traceId) ?? place.micros) === place.micros;
}

/** Of its earliest segment, epoch microseconds; Infinity without one. */
function startOf(documents: readonly StoredDocument[]): number {
  return documents.reduce((least, { startMicros }) => (startMicros > 0 ? Math.min(least, startMicros) : least), Number.POSITIVE_INFINITY);
}

type StoredDocuments = Awaited<ReturnType<TraceReader['documents']>>;

interface ReadTraces {
  traces: readonly FoundTrace[];
  stored: StoredDocuments;
  query: SummaryQuery;
  starts: Map<string, number>;
}

interface Candidates {
  traces: readonly FoundTrace[];
  query: SummaryQuery;
  /** When the traces start that the page has read, epoch microseconds. */
  starts: Map<string, number>;
  isDone: (page: SummaryPage) => boolean;
}
