/** Reads the documents of traces, and finds traces by time. */
import type { Readable } from 'node:stream';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import { bytesOf, type ClickHouseClient, rowsOf } from './clickhouse.js';
import { groupsOfTraces } from './groups.js';
import { TraceCandidates } from './trace-candidates.js';
import type { GroupIdOf } from './trace-condition.js';
import { type DocumentRow, documentRows } from './trace-documents.js';
import type { TracePlace } from './trace-list-reader.js';
import { hexOfTraceId, traceIdOfHex } from './trace-versions.js';

/** How long before its end a segment may have started, to be found by its end. */
const longestSegmentSeconds = 3_600;
/** Looked at together, newest first; four times as many when they held too little. */
const firstWindowSlices = 2;
const windowGrowth = 4;
const farthestMicros = '18446744073709551615';
const lastTrace = 'f'.repeat(32);

export interface StoredDocument {
  /** 16 hex digits. */
  id: string;
  /** The JSON text as it was received. */
  raw: string;
  /** Of a segment, epoch microseconds; 0 for an independent subsegment. */
  startMicros: number;
}

/** What one trace is answered whole up to. */
const maxStreamedDocuments = 50_000;
const maxStreamedBytes = 64 * 1024 * 1024;

export interface TraceLines {
  /** Documents that the trace has, and how many of them, the earliest, are in `lines`. */
  documents: number;
  kept: number;
  /** JSON, one document a line. Ends early when it is destroyed, and with an error when storage fails. */
  lines: Readable;
}

export interface TraceReader {
  /** The winning version of every document of a trace, by start; null when nothing of it is stored. Never held in memory. */
  lines(traceId: string): Promise<TraceLines | null>;
  /** The winning version of every document of these traces; a trace that is not stored has no entry. */
  documents(traceIds: readonly string[]): Promise<Map<string, StoredDocument[]>>;
  /** The same, if these have less than so many in all; else null. */
  fewDocuments(traceIds: readonly string[], bound: number): Promise<Map<string, StoredDocument[]> | null>;
  /** IDs of the groups that these traces belong to; one without a group has no entry. */
  groups(traceIds: readonly string[]): Promise<Map<string, string[]>>;
  /**
   * Traces that start (or whose last segment ends, `by: 'end'`) in [from, to) epoch seconds, newest first. `before` goes on
   * behind the place of a trace or an earlier page's `next`; `next` is null on the last page. A page may be empty.
   */
  find(query: TraceIdQuery): Promise<FoundTraces>;
  /**
   * The same for who looks at the documents of each: a trace is told of for every segment that lies there, and belongs to the place of
   * the one with which it starts.
   */
  candidates(query: TraceIdQuery): Promise<FoundTraces>;
}

export interface FoundTraces {
  traces: FoundTrace[];
  next: TracePlace | null;
}

export interface FoundTrace {
  traceId: string;
  place: TracePlace;
}

export interface TraceIdQuery {
  from: number;
  to: number;
  by: 'start' | 'end';
  limit: number;
  before?: TracePlace | null;
  /** Traces that cannot meet this may be left out; the rest has to be looked at. */
  filter?: Expression | null;
  groupIdOf?: GroupIdOf;
}

type SegmentRow = [micros: number, trace: string];
/** `next` is null when the range has been looked through. */
type SegmentPage = { rows: SegmentRow[]; next: TracePlace | null };

interface SegmentParams extends Record<string, unknown> {
  first_slice: number;
  last_slice: number;
  before_micros: string;
  limit: number;
}

export class StoredTraceReader implements TraceReader {
  constructor(private readonly client: ClickHouseClient) {}

  async lines(traceId: string): Promise<TraceLines | null> {
    const params = { trace_id: hexOfTraceId(traceId), max_documents: maxStreamedDocuments, max_bytes: maxStreamedBytes };
    const [size] = await rowsOf<[documents: number, kept: number]>(this.client, 'trace-size', params);
    if (size === undefined || size[0] === 0) return null;
    const [documents, kept] = size;
    return { documents, kept, lines: await bytesOf(this.client, 'trace-lines', { trace_id: params.trace_id, limit: kept }) };
  }

  async documents(traceIds: readonly string[]): Promise<Map<string, StoredDocument[]>> {
    return byTrace(await documentRows(this.client, traceIds.map(hexOfTraceId)));
  }

  async fewDocuments(traceIds: readonly string[], bound: number): Promise<Map<string, StoredDocument[]> | null> {
    const rows = await documentRows(this.client, traceIds.map(hexOfTraceId), bound);
    return rows.length < bound ? byTrace(rows) : null;
  }

  async groups(traceIds: readonly string[]): Promise<Map<string, string[]>> {
    const groups = await groupsOfTraces(this.client, traceIds.map(hexOfTraceId));
    return new Map(Array.from(groups, ([trace, ids]) => [traceIdOfHex(trace), ids]));
  }

  async find(query: TraceIdQuery): Promise<FoundTraces> {
    const { traces, next } = await this.candidates(query);
    return { traces: query.by === 'start' ? await this.startingThere(traces) : traces, next };
  }

  async candidates(query: TraceIdQuery): Promise<FoundTraces> {
    const { rows, next } = query.filter && query.by === 'start' ? await this.meant(query, query.filter) : await this.all(query);
    return { traces: rows.map(([micros, trace]) => ({ traceId: traceIdOfHex(trace), place: { micros, trace } })), next };
  }

  private async meant({ from, to, limit, before = null, groupIdOf }: TraceIdQuery, expression: Expression): Promise<SegmentPage> {
    const range = { fromMicros: Math.round(from * 1e6), toMicros: Math.round(to * 1e6) };
    const candidates = new TraceCandidates(this.client, { expression, groupIdOf, place: 'start_micros', ...range, before });
    const rows: SegmentRow[] = [];
    while (!candidates.isDone && rows.length < limit) rows.push(...(await candidates.next(limit - rows.length)));
    return { rows, next: candidates.isDone ? null : placeOf(rows.at(-1)) };
  }

  /** A trace may end long after the entities by which it could be found, so by its end a filter leaves none out. */
  private async all({ from, to, by, limit, before }: TraceIdQuery): Promise<SegmentPage> {
    const params: SegmentParams = {
      from: Math.round(from * 1e6),
      to: Math.round(to * 1e6),
      first_slice: Math.max(0, Math.floor((from - (by === 'end' ? longestSegmentSeconds : 0)) / sliceSeconds)),
      last_slice: Math.floor(to / sliceSeconds),
      before_micros: String(before?.micros ?? farthestMicros),
      before_trace: before?.trace ?? lastTrace,
      limit,
    };
    const rows = by === 'end' ? await rowsOf<SegmentRow>(this.client, 'segments-by-end', params) : await this.newestSegments(params);
    return { rows, next: rows.length === limit ? placeOf(rows.at(-1)) : null };
  }

  /** A page is full long before its range is looked through. */
  private async newestSegments(params: SegmentParams): Promise<SegmentRow[]> {
    const rows: SegmentRow[] = [];
    let last = Math.min(params.last_slice, Math.floor(Number(params.before_micros) / 1e6 / sliceSeconds));
    for (let slices = firstWindowSlices; last >= params.first_slice && rows.length < params.limit; slices *= windowGrowth) {
      const first = Math.max(params.first_slice, last - slices + 1);
      const window = { first_slice: first, last_slice: last, limit: params.limit - rows.length };
      rows.push(...(await rowsOf<SegmentRow>(this.client, 'segments-by-start', { ...params, ...window })));
      last = first - 1;
    }
    return rows;
  }

  /** A trace has many segments; it belongs to the page of its earliest one. */
  private async startingThere(traces: readonly FoundTrace[]): Promise<FoundTrace[]> {
    if (traces.length === 0) return [];
    const wanted = [...new Set(traces.map(({ place }) => place.trace))];
    const starts = new Map(await rowsOf<[string, number]>(this.client, 'trace-starts', { trace_ids: wanted }));
    return traces.filter(({ place }) => starts.get(place.trace) === place.micros);
  }
}

function byTrace(rows: readonly DocumentRow[]): Map<string, StoredDocument[]> {
  const traces = new Map<string, StoredDocument[]>();
  for (const [trace, id, raw, startMicros] of rows) {
    const traceId = traceIdOfHex(trace);
    const list = traces.get(traceId);
    if (list) list.push({ id, raw, startMicros });
    else traces.set(traceId, [{ id, raw, startMicros }]);
  }
  return traces;
}

function placeOf(row: SegmentRow | undefined): TracePlace | null {
  return row === undefined ? null : { micros: row[0], trace: row[1] };
}
