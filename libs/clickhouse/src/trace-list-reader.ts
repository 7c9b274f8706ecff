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
import { outcomes } from '@fluoroscope/xray/entities';
import { matchesFilter, type TraceFilter } from '@fluoroscope/xray/trace-filter';
import { listedAtMicros, traceRow } from '@fluoroscope/xray/trace-row';
import { type ClickHouseClient, rowsOf } from './clickhouse.js';

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
/** Then the total is what has been counted so far. */
const totalLimitSeconds = 2;
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
  /** How many there are. Counted for a bounded time: `isAtLeast` when that was not enough. */
  total(query: TraceListQuery): Promise<{ total: number; isAtLeast: boolean }>;
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

  async total(query: TraceListQuery): Promise<{ total: number; isAtLeast: boolean }> {
    const beganMs = Date.now();
    const slices = { first_slice: sliceAt(query.from * 1e6), last_slice: sliceAt(query.to * 1e6) };
    const params = { ...filterParams(query), ...slices, limit_seconds: totalLimitSeconds };
    const [row] = await rowsOf<[number]>(this.client, 'total-traces', params);
    return { total: row?.[0] ?? 0, isAtLeast: Date.now() - beganMs >= totalLimitSeconds * 1000 };
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

  constructor(
    private readonly client: ClickHouseClient,
    private readonly query: TraceListQuery,
    before: TracePlace | null,
  ) {
    this.place = before;
    this.firstSlice = sliceAt(query.from * 1e6);
    this.lastSlice = sliceAt(Math.min(query.to * 1e6, before?.micros ?? Number.POSITIVE_INFINITY));
    this.isDone = this.lastSlice < this.firstSlice;
  }

  /** The rows among the next candidates, at most a few more than `wanted`. */
  async next(wanted: number): Promise<Found[]> {
    const beganMs = Date.now();
    const limit = Math.ceil(wanted * (1 + spareShare)) + 1;
    const first = Math.max(this.firstSlice, this.lastSlice - this.windowSlices + 1);
    const params = {
      ...filterParams(this.query),
      first_slice: first,
      last_slice: this.lastSlice,
      before_micros: this.place?.micros ?? farthestMicros,
      before_trace: this.place?.trace ?? firstTrace,
      limit,
    };
    const candidates = (await rowsOf<[number, string]>(this.client, 'listed-traces', params)).map(([micros, trace]) => ({ micros, trace }));
    const last = candidates.at(-1);
    if (candidates.length === limit && last !== undefined) this.place = last;
    else this.endWindow(first, Date.now() - beganMs);
    return this.rowsAt(candidates);
  }

  private endWindow(first: number, tookMs: number): void {
    this.place = { micros: first * sliceMicros, trace: firstTrace };
    this.lastSlice = first - 1;
    this.isDone = this.lastSlice < this.firstSlice;
    if (tookMs < slowWindowMs) this.windowSlices *= windowGrowth;
  }

  private async rowsAt(candidates: readonly TracePlace[]): Promise<Found[]> {
    if (candidates.length === 0) return [];
    const counts = new Map(
      await rowsOf<[string, number]>(this.client, 'document-counts', { trace_ids: candidates.map(({ trace }) => trace) }),
    );
    const found: Found[] = [];
    for (const part of partsOf(candidates, counts)) found.push(...(await this.readPart(part, counts)));
    return found;
  }

  private async readPart(places: readonly TracePlace[], counts: ReadonlyMap<string, number>): Promise<Found[]> {
    const params = { trace_ids: places.map(({ trace }) => trace), limit: maxRowDocuments };
    const traces = new Map<string, SegmentDocument[]>();
    for (const [trace, raw] of await rowsOf<[string, string]>(this.client, 'earliest-documents', params)) addDocument(traces, trace, raw);
    return places.flatMap((place) => {
      const documents = traces.get(place.trace) ?? [];
      if (listedAtMicros(documents) !== place.micros) return [];
      const row = { ...traceRow(documents), documents: counts.get(place.trace) ?? documents.length };
      return matchesFilter(row, this.query.filter) ? [{ row, place }] : [];
    });
  }
}

/** Whole traces, so many that their documents may be in memory together. */
function partsOf(places: readonly TracePlace[], counts: ReadonlyMap<string, number>): TracePlace[][] {
  const parts: TracePlace[][] = [];
  let documents = Number.POSITIVE_INFINITY;
  for (const place of places) {
    const own = Math.min(counts.get(place.trace) ?? 0, maxRowDocuments);
    documents += own;
    if (documents > maxDocumentsPerRead) {
      parts.push([]);
      documents = own;
    }
    parts.at(-1)?.push(place);
  }
  return parts;
}

function addDocument(traces: Map<string, SegmentDocument[]>, trace: string, raw: string): void {
  const document = readStoredDocument(raw);
  if (document === null) return;
  const list = traces.get(trace);
  if (list) list.push(document);
  else traces.set(trace, [document]);
}

function sliceAt(micros: number): number {
  return Math.floor(micros / sliceMicros);
}

function filterParams({ from, to, filter }: TraceListQuery): Record<string, unknown> {
  const { service, minMicros, maxMicros, inProgress, text } = filter;
  return {
    from: Math.round(from * 1e6),
    to: Math.round(to * 1e6),
    later_slices: laterSlices,
    service_name: service?.name ?? '',
    service_type: service?.type ?? '',
    service_account: service?.accountId ?? '',
    outcomes: filter.outcomes.map((name) => outcomes[name]),
    is_timed: minMicros !== undefined || maxMicros !== undefined,
    min_micros: Math.ceil(minMicros ?? 0),
    max_micros: Math.floor(maxMicros ?? Number.MAX_SAFE_INTEGER),
    in_progress: inProgress,
    text: text ?? '',
  };
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
