/**
 * Pages of the trace list out of storage, newest first. A trace stands where its root starts (`listedAtMicros`).
 *
 * Slices are looked at from the newest on, in windows that grow while they hold too little; what stands in one is then
 * decided by the documents themselves. A page reads no more than its windows, and gives up after a while with the place to go on.
 */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import type { TraceRow } from '@fluoroscope/contract/traces';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { documentsMatch } from '@fluoroscope/xray/filter/evaluate';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import { speaksOfGroups } from '@fluoroscope/xray/groups';
import { matchesFilter, type TraceFilter } from '@fluoroscope/xray/trace-filter';
import { listedTraceRow } from '@fluoroscope/xray/trace-row';
import { type ClickHouseClient, rowsOf, rowsOfText } from './clickhouse.js';
import { type GroupNames, groupsOfTraces } from './groups.js';
import { type ListedTracesQuery, listedTracesQuery } from './listed-traces.js';
import { countRequests, type RequestCount } from './request-count.js';
import { TraceCandidates } from './trace-candidates.js';
import { documentRows } from './trace-documents.js';

/** Documents that a row is folded from, the earliest: a trace may have 50,000. */
export const maxRowDocuments = 200;
/** Documents that are in memory at once, of at most 64 KB each. */
const maxDocumentsPerRead = 1_000;
const firstWindowSlices = 2;
const windowGrowth = 4;
/** A window that took this long is not followed by a longer one. */
const slowWindowMs = 500;
/** Then a page is answered with what it has, and the place to go on. */
const pageLimitMs = 3_000;
/** How much later than its root a segment may start, to be found by what the filter says of it. */
const laterSlices = 3_600 / sliceSeconds;
/** Candidates beyond those that are wanted: some stand elsewhere, because their root lies in another window. */
const spareShare = 0.25;
const sliceMicros = sliceSeconds * 1e6;
const farthestMicros = '18446744073709551615';
const firstTrace = '0'.repeat(32);

export interface TraceListQuery {
  /** Epoch seconds, half open. */
  from: number;
  to: number;
  filter: TraceFilter;
  /** A filter expression, which asks whole traces. */
  expression?: Expression | null;
  /** Of the groups that the expression speaks of. */
  groups?: GroupNames;
}

/** Behind which a page goes on. */
export interface TracePlace {
  micros: number;
  /** 32 hexadecimal digits. */
  trace: string;
}

export interface TraceListReader {
  /**
   * At most `limit` rows, each trace once, newest first, from behind `before` on. `next` is null when there is nothing more;
   * a page may have fewer rows and a `next`, when looking through the range takes long.
   */
  page(query: TraceListQuery, limit: number, before: TracePlace | null): Promise<{ rows: TraceRow[]; next: TracePlace | null }>;
  /** How many requests the range has, as the stored graph counts them; null when the filter asks for more than an outcome. */
  total(query: TraceListQuery): Promise<RequestCount | null>;
}

export class StoredTraceListReader implements TraceListReader {
  constructor(private readonly client: ClickHouseClient) {}

  async page(query: TraceListQuery, limit: number, before: TracePlace | null): Promise<{ rows: TraceRow[]; next: TracePlace | null }> {
    const search = new Search(this.client, query, before);
    const deadlineMs = Date.now() + pageLimitMs;
    const rows: TraceRow[] = [];
    while (!search.isDone && Date.now() < deadlineMs) {
      for (const { row, place } of await search.next(limit - rows.length)) {
        rows.push(row);
        if (rows.length === limit) return { rows, next: place };
      }
    }
    return { rows, next: search.isDone ? null : search.place };
  }

  async total({ from, to, filter, expression = null }: TraceListQuery): Promise<RequestCount | null> {
    const { service, minMicros, maxMicros, inProgress, text } = filter;
    if (expression !== null || inProgress || [service, minMicros, maxMicros, text].some((condition) => condition !== undefined))
      return null;
    return countRequests(this.client, { from, to }, filter.outcomes);
  }
}

interface Found {
  row: TraceRow;
  place: TracePlace;
}

/** One page's way from the newest slice of a range to its oldest. */
class Search {
  place: TracePlace | null;
  isDone = false;
  private readonly firstSlice: number;
  private lastSlice: number;
  private windowSlices = firstWindowSlices;
  private readonly listed: ListedTracesQuery;
  private readonly expression: Expression | null;
  private readonly candidates: TraceCandidates | null;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly query: TraceListQuery,
    before: TracePlace | null,
  ) {
    this.place = before;
    this.listed = listedTracesQuery(query.filter);
    this.expression = expressionOf(query);
    this.candidates = this.expression === null ? null : candidatesOf(client, this.expression, { query, before });
    this.firstSlice = sliceAt(query.from * 1e6);
    this.lastSlice = sliceAt(Math.min(query.to * 1e6, before?.micros ?? Number.POSITIVE_INFINITY));
    this.isDone = this.lastSlice < this.firstSlice;
  }

  /** The rows among the next candidates, at most a few more than `wanted`. */
  async next(wanted: number): Promise<Found[]> {
    const limit = Math.ceil(wanted * (1 + spareShare)) + 1;
    return this.rowsAt(this.candidates === null ? await this.nextListed(limit) : await this.nextMeant(this.candidates, limit));
  }

  private async nextMeant(candidates: TraceCandidates, limit: number): Promise<TracePlace[]> {
    const places = (await candidates.next(limit)).map(([micros, trace]) => ({ micros, trace }));
    this.place = candidates.place;
    this.isDone = candidates.isDone;
    return places;
  }

  private async nextListed(limit: number): Promise<TracePlace[]> {
    const beganMs = Date.now();
    const first = Math.max(this.firstSlice, this.lastSlice - this.windowSlices + 1);
    const params = {
      ...this.listed.params,
      from: Math.round(this.query.from * 1e6),
      to: Math.round(this.query.to * 1e6),
      later_slices: laterSlices,
      first_slice: first,
      last_slice: this.lastSlice,
      before_micros: this.place?.micros ?? farthestMicros,
      before_trace: this.place?.trace ?? firstTrace,
      limit,
    };
    const candidates = (await rowsOfText<[number, string]>(this.client, this.listed.text, { params })).map(([micros, trace]) => ({
      micros,
      trace,
    }));
    const last = candidates.at(-1);
    if (candidates.length === limit && last !== undefined) this.place = last;
    else this.endWindow(first, Date.now() - beganMs);
    return candidates;
  }

  private endWindow(first: number, tookMs: number): void {
    this.place = { micros: first * sliceMicros, trace: firstTrace };
    this.lastSlice = first - 1;
    this.isDone = this.lastSlice < this.firstSlice;
    if (tookMs < slowWindowMs) this.windowSlices *= windowGrowth;
  }

  private async rowsAt(candidates: readonly TracePlace[]): Promise<Found[]> {
    const ids = candidates.map(({ trace }) => trace);
    const [traces, groupIds] = await Promise.all([documentsOf(this.client, ids), this.groupIdsOf(ids)]);
    const found: Found[] = [];
    for (const place of candidates) {
      const { documents = [], count = 0 } = traces.get(place.trace) ?? {};
      if (documents.length === 0) continue;
      const { row, atMicros } = listedTraceRow(documents);
      if (atMicros !== place.micros || !matchesFilter(row, this.query.filter)) continue;
      const isMeant = await this.isMeant(place.trace, { documents, count, groupIds: groupIds.get(place.trace) ?? [] });
      if (isMeant) found.push({ row: { ...row, documents: count }, place });
    }
    return found;
  }

  /** None when the expression does not ask for them. */
  private async groupIdsOf(traces: readonly string[]): Promise<Map<string, string[]>> {
    const { expression } = this;
    const isAsked = this.query.groups !== undefined && expression !== null && speaksOfGroups(expression);
    return isAsked && traces.length > 0 ? groupsOfTraces(this.client, traces) : new Map();
  }

  /** A row is folded from the earliest documents; an expression is about all of them. */
  private async isMeant(trace: string, { documents, count, groupIds }: ReadTrace): Promise<boolean> {
    const { expression } = this;
    if (expression === null) return true;
    const memberships = this.query.groups?.memberships(groupIds);
    if (count <= documents.length) return documentsMatch(expression, documents, memberships);
    const rows = await documentRows(this.client, [trace]);
    return documentsMatch(
      expression,
      rows.flatMap(([, , raw]) => parsed(raw)),
      memberships,
    );
  }
}

interface ReadTrace {
  /** The earliest of its `count` documents. */
  documents: readonly SegmentDocument[];
  count: number;
  groupIds: readonly string[];
}

/** A service is then asked for by the expression, which looks at all documents. */
function expressionOf({ expression = null, filter: { service } }: TraceListQuery): Expression | null {
  if (expression === null || service === undefined) return expression;
  return { kind: 'and', operands: [expression, { kind: 'service', selector: { ...service }, condition: null }] };
}

function candidatesOf(
  client: ClickHouseClient,
  expression: Expression,
  { query: { from, to, groups }, before }: { query: TraceListQuery; before: TracePlace | null },
): TraceCandidates {
  const range = { fromMicros: Math.round(from * 1e6), toMicros: Math.round(to * 1e6) };
  return new TraceCandidates(client, { expression, groupIdOf: groups?.idOf, place: 'listed_micros', ...range, before });
}

interface TraceDocuments {
  documents: SegmentDocument[];
  /** That the trace has; `documents` are the earliest. */
  count: number;
}

/** By trace. Read so many at once as may be in memory together; most pages take one read. */
async function documentsOf(client: ClickHouseClient, wanted: readonly string[]): Promise<Map<string, TraceDocuments>> {
  const traces = new Map<string, TraceDocuments>();
  const long: string[] = [];
  let rest = wanted.toSorted();
  while (rest.length > 0) {
    const params = { trace_ids: rest, of_each: maxRowDocuments + 1, limit: maxDocumentsPerRead };
    const rows = await rowsOf<[string, string]>(client, 'listed-documents', params);
    // The last trace of a read that was cut may have more.
    const next = rows.length === maxDocumentsPerRead ? rows.at(-1)?.[0] : undefined;
    for (const [trace, documents] of groupedRows(rows)) {
      if (documents.length > maxRowDocuments) long.push(trace);
      else if (trace !== next) traces.set(trace, { documents: documents.flatMap(parsed), count: documents.length });
    }
    rest = next === undefined ? [] : rest.filter((trace) => trace >= next && !long.includes(trace));
  }
  for (const trace of long) traces.set(trace, await earliestDocumentsOf(client, trace));
  return traces;
}

async function earliestDocumentsOf(client: ClickHouseClient, trace: string): Promise<TraceDocuments> {
  const [counts, rows] = await Promise.all([
    rowsOf<[string, number]>(client, 'document-counts', { trace_ids: [trace] }),
    rowsOf<[string, string]>(client, 'earliest-documents', { trace_ids: [trace], limit: maxRowDocuments }),
  ]);
  return { documents: rows.flatMap(([, raw]) => parsed(raw)), count: counts[0]?.[1] ?? rows.length };
}

function groupedRows(rows: readonly [trace: string, raw: string][]): Map<string, string[]> {
  const traces = new Map<string, string[]>();
  for (const [trace, raw] of rows) {
    const list = traces.get(trace);
    if (list) list.push(raw);
    else traces.set(trace, [raw]);
  }
  return traces;
}

function parsed(raw: string): SegmentDocument[] {
  const document = readStoredDocument(raw);
  return document === null ? [] : [document];
}

function sliceAt(micros: number): number {
  return Math.floor(micros / sliceMicros);
}

/** As a page writes where it ends; not to be understood by others. */
export function writePlace({ micros, trace }: TracePlace): string {
  return Buffer.from(`${micros}.${trace}`).toString('base64url');
}

const placePattern = /^(\d{1,16})\.([0-9a-f]{32})$/;

/** Null for what no page has written. */
export function readPlace(text: string): TracePlace | null {
  const parts = placePattern.exec(Buffer.from(text, 'base64url').toString('latin1'));
  return parts === null ? null : { micros: Number(parts[1]), trace: parts[2] ?? '' };
}
