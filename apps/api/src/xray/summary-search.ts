/**
 * Pages of trace summaries, newest first: traces are found by time, those that a filter cannot mean are left out by storage,
 * and every other is put together and asked. The work of a page is bounded: one that reaches a bound has what it found, and
 * the place to go on.
 */
import type { GroupNames } from '@fluoroscope/clickhouse/groups';
import type { TracePlace } from '@fluoroscope/clickhouse/trace-list-reader';
import type { FoundTrace, TraceIdQuery, TraceReader } from '@fluoroscope/clickhouse/trace-reader';
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
/** Traces that are in memory together: a read costs as much as many small traces do, so small ones are read by more at a time. */
const leastPerRead = 25;
const mostPerRead = 200;
const smallReadCharacters = 2_000_000;
/** Candidates of one search for a filter, which costs more than one without. */
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
    const limit = query.filter === null ? summariesPerPage : candidatesPerSearch;
    const page: SummaryPage = { summaries: [], processed: 0, next: query.before };
    do {
      const { traces, next } = await this.reader.find({ ...query, groupIdOf: query.groups.idOf, before: page.next, limit });
      if (await this.addUntil(page, { traces, query, isDone })) return page;
      page.next = next;
    } while (page.next !== null && !isDone(page));
    return page;
  }

  /** True when the page ended within these traces; at least one read's worth of them is on it. */
  private async addUntil(page: SummaryPage, { traces, query, isDone }: Candidates): Promise<boolean> {
    let perRead = leastPerRead;
    for (let i = 0; i < traces.length; ) {
      if (i > 0 && isDone(page)) return true;
      const some = traces.slice(i, i + perRead);
      const stored = await this.reader.documents(some.map(({ traceId }) => traceId));
      if (await this.add(page, { traces: some, stored, query })) return true;
      i += some.length;
      perRead = charactersOf(stored) < smallReadCharacters ? Math.min(perRead * 2, mostPerRead) : leastPerRead;
    }
    return false;
  }

  /** True when the page is full; it goes on behind the trace that filled it. */
  private async add(page: SummaryPage, { traces, stored, query: { filter, groups } }: ReadTraces): Promise<boolean> {
    const needsGroups = filter !== null && speaksOfGroups(filter);
    const groupIds = needsGroups ? await this.reader.groups(traces.map(({ traceId }) => traceId)) : null;
    for (const { traceId, place } of traces) {
      if (page.summaries.length === summariesPerPage) return true;
      page.next = place;
      const documents = parsedDocuments(stored.get(traceId) ?? []);
      if (documents.length === 0) continue;
      page.processed++;
      const memberships = groups.memberships(groupIds?.get(traceId) ?? []);
      if (filter === null || documentsMatch(filter, documents, memberships)) page.summaries.push(summarizeTrace(documents));
    }
    return false;
  }
}

function charactersOf(stored: StoredDocuments): number {
  let characters = 0;
  for (const documents of stored.values()) for (const { raw } of documents) characters += raw.length;
  return characters;
}

type StoredDocuments = Awaited<ReturnType<TraceReader['documents']>>;

interface ReadTraces {
  traces: readonly FoundTrace[];
  stored: StoredDocuments;
  query: SummaryQuery;
}

interface Candidates {
  traces: readonly FoundTrace[];
  query: SummaryQuery;
  isDone: (page: SummaryPage) => boolean;
}
