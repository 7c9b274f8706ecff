/** Reads single traces: BatchGetTraces and GetTraceSummaries. Pages are bounded, and read a few traces at a time. */
import { readPlace, type TracePlace, writePlace } from '@fluoroscope/clickhouse/trace-list-reader';
import type { StoredDocument, TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import { parseFilter } from '@fluoroscope/xray/filter/parse';
import { type MergedTrace, mergeTrace } from '@fluoroscope/xray/trace';
import { Body, Controller, Inject } from '@nestjs/common';
import type { ControlSource } from '../dashboard/control-source.js';
import { invalidRequest } from '../protocol/errors.js';
import { flag, number, oneOf, optional, structure, text, timestamp } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { invalidToken, pageIndex, pageStart, pageToken } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, type Installation, installation, traceReader } from '../tokens.js';
import { groupNames } from './groups-shape.js';
import { isTraceId, knownTraceIds, parsedDocuments, traceIdsField, tracesPerRead } from './stored-traces.js';
import { SummarySearch } from './summary-search.js';
import { checkRange } from './time-range.js';

const batchGetTraces = structure({ TraceIds: traceIdsField, NextToken: optional(text()) });
const getTraceSummaries = structure({
  StartTime: timestamp,
  EndTime: timestamp,
  TimeRangeType: optional(oneOf('TraceId', 'Event', 'Service')),
  Sampling: optional(flag),
  SamplingStrategy: optional(structure({ Name: optional(oneOf('PartialScan', 'FixedRate')), Value: optional(number()) })),
  FilterExpression: optional(text({ min: 1, max: 2000 })),
  NextToken: optional(text()),
});

/** A page of BatchGetTraces ends with the trace that reaches this. */
const maxPageBytes = 8 * 1024 * 1024;
const maxSummaryHours = 24;

interface Trace {
  Id: string;
  /** Seconds. */
  Duration: number;
  LimitExceeded: false;
  Segments: { Id: string; Document: string }[];
}

interface TracePage {
  traces: Trace[];
  missing: string[];
  bytes: number;
  /** Index of the first trace that is not on this page. */
  next: number;
}

@Controller()
export class TracesController {
  private readonly search: SummarySearch;

  constructor(
    @Inject(traceReader) private readonly reader: TraceReader,
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(installation) private readonly here: Installation,
  ) {
    this.search = new SummarySearch(reader);
  }

  /** A trace that is not stored (yet) is unprocessed, so that clients that wait for it ask again. */
  @Operation('Traces')
  async batchGetTraces(@Body() body: Buffer | undefined): Promise<object> {
    const { TraceIds, NextToken } = readRequest(body, batchGetTraces);
    const traceIds = knownTraceIds(TraceIds);
    const from = pageIndex({ TraceIds }, NextToken);
    const { traces, missing, next } = await this.readPage(traceIds, from);
    const malformed = from === 0 ? TraceIds.filter((traceId) => !isTraceId(traceId)) : [];
    const page = { Traces: traces, UnprocessedTraceIds: [...malformed, ...missing] };
    return next < traceIds.length ? { ...page, NextToken: pageToken({ TraceIds }, String(next)) } : page;
  }

  /** Newest first. Sampling is granted by answering everything. */
  @Operation('TraceSummaries')
  async getTraceSummaries(@Body() body: Buffer | undefined): Promise<object> {
    const { StartTime, EndTime, TimeRangeType = 'TraceId', FilterExpression, NextToken } = readRequest(body, getTraceSummaries);
    checkRange({ from: StartTime, to: EndTime, maxHours: maxSummaryHours });
    const query = { StartTime, EndTime, TimeRangeType, FilterExpression };
    const { summaries, processed, next } = await this.search.page({
      from: StartTime,
      to: EndTime,
      by: TimeRangeType === 'Service' ? 'end' : 'start',
      filter: FilterExpression === undefined ? null : expressionOf(FilterExpression),
      groups: groupNames(this.control.state.groups, this.here),
      before: pagePlace(query, NextToken),
    });
    const page = {
      TraceSummaries: summaries,
      ApproximateTime: next === null ? StartTime : next.micros / 1e6,
      TracesProcessedCount: processed,
    };
    return next === null ? page : { ...page, NextToken: pageToken(query, writePlace(next)) };
  }

  private async readPage(traceIds: readonly string[], from: number): Promise<TracePage> {
    const page: TracePage = { traces: [], missing: [], bytes: 0, next: from };
    while (page.next < traceIds.length && page.bytes < maxPageBytes) {
      const ids = traceIds.slice(page.next, page.next + tracesPerRead);
      const stored = await this.reader.documents(ids);
      for (const id of ids) if (page.bytes < maxPageBytes) addTrace(page, id, stored.get(id));
    }
    return page;
  }
}

function addTrace(page: TracePage, traceId: string, documents: readonly StoredDocument[] | undefined): void {
  page.next++;
  if (documents === undefined) {
    page.missing.push(traceId);
    return;
  }
  const trace = traceOf(mergeTrace(parsedDocuments(documents)));
  for (const { Document } of trace.Segments) page.bytes += Document.length;
  page.traces.push(trace);
}

function expressionOf(text: string): Expression {
  const parsed = parseFilter(text);
  if ('problem' in parsed) throw invalidRequest(parsed.problem.message);
  return parsed.expression;
}

function pagePlace(query: object, token: string | undefined): TracePlace | null {
  const start = pageStart(query, token);
  if (start === undefined) return null;
  const place = readPlace(start);
  if (place === null) throw invalidToken();
  return place;
}

function traceOf({ traceId, documents, durationSeconds }: MergedTrace): Trace {
  const segments = documents.map(({ id, document }) => ({ Id: id, Document: document }));
  return { Id: traceId, Duration: durationSeconds, LimitExceeded: false, Segments: segments };
}
