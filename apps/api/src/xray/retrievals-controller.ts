/**
 * Trace retrieval. AWS fetches traces from a log group, which takes a while; here they are stored facts, so a retrieval is complete
 * when it has begun, and its results are read page by page when they are asked for. That it was begun is a record of a log,
 * so any process answers.
 */
import { randomUUID } from 'node:crypto';
import type { TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { maxRetrievalTraces, type RetrievalChange, type TraceRetrieval } from '@fluoroscope/contract/trace-retrievals';
import { maxTokenLength, traceIdsOf } from '@fluoroscope/xray/retrieval-book';
import { buildServiceGraph } from '@fluoroscope/xray/service-graph';
import { Body, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actorOf } from '../actor.js';
import { invalidRequest, resourceNotFound } from '../protocol/errors.js';
import { list, oneOf, optional, structure, text, timestamp } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { invalidToken, pageIndex, pageStart, pageToken } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { statisticsSource, traceReader } from '../tokens.js';
import { refuse } from './edits.js';
import { linksOf, retrievedService } from './retrieved-graph.js';
import { isWithin, retrievedPage, type SpanPlace } from './retrieved-traces.js';
import { GraphLayout } from './service-shape.js';
import type { StatisticsSource } from './statistics-source.js';
import { readTraces } from './stored-traces.js';
import { checkRange } from './time-range.js';

const retrievalToken = text({ max: maxTokenLength });
const startRetrieval = structure({
  TraceIds: list(text({ min: 1, max: 35 }), { max: maxRetrievalTraces }),
  StartTime: timestamp,
  EndTime: timestamp,
});
const listRetrieved = structure({
  RetrievalToken: retrievalToken,
  TraceFormat: optional(oneOf('XRAY', 'OTEL')),
  NextToken: optional(text()),
});
const getGraph = structure({ RetrievalToken: retrievalToken, NextToken: optional(text()) });
const cancelRetrieval = structure({ RetrievalToken: retrievalToken });
/** Of a page, as AWS's model has it. */
const maxServices = 1_000;

@Controller()
export class RetrievalsController {
  constructor(
    @Inject(statisticsSource) private readonly source: StatisticsSource,
    @Inject(traceReader) private readonly traces: TraceReader,
  ) {}

  /** A client's retry begins another one, which costs no more. */
  @Operation('StartTraceRetrieval')
  async startTraceRetrieval(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { TraceIds, StartTime: from, EndTime: to } = readRequest(body, startRetrieval);
    checkRange({ from, to, maxHours: Number.POSITIVE_INFINITY });
    const traceIds = traceIdsOf([...new Set(TraceIds)]);
    if (traceIds === null) throw invalidRequest('TraceIds holds something that is not a trace ID');
    const change = { kind: 'start trace retrieval' as const, token: randomUUID(), traceIds, from, to };
    return { RetrievalToken: (await this.append(change, request)).token };
  }

  @Operation('ListRetrievedTraces')
  async listRetrievedTraces(@Body() body: Buffer | undefined): Promise<object> {
    const { RetrievalToken, TraceFormat: format = 'XRAY', NextToken } = readRequest(body, listRetrieved);
    const retrieval = this.retrieval(RetrievalToken);
    const query = { RetrievalToken, format };
    const at = placeOf(pageStart(query, NextToken), retrieval);
    const { traces, next } = await retrievedPage(this.traces, retrieval, { at, format });
    const page = { RetrievalStatus: statusOf(retrieval), TraceFormat: format, Traces: traces };
    return next === null ? page : { ...page, NextToken: pageToken(query, `${next.trace} ${next.span}`) };
  }

  /** The whole graph is put together for every page: references must not depend on the page. */
  @Operation('GetRetrievedTracesGraph')
  async getRetrievedTracesGraph(@Body() body: Buffer | undefined): Promise<object> {
    const { RetrievalToken, NextToken } = readRequest(body, getGraph);
    const retrieval = this.retrieval(RetrievalToken);
    const read = await readTraces(this.traces, retrieval.traceIds);
    const traces = [...read.values()].filter((documents) => isWithin(documents, retrieval));
    const layout = new GraphLayout(buildServiceGraph(traces.flat()));
    const query = { RetrievalToken, identity: layout.identity };
    const { services, next } = layout.page(pageIndex(query, NextToken), { maxServices });
    const links = linksOf(traces);
    const page = { RetrievalStatus: statusOf(retrieval), Services: services.map((service) => retrievedService(service, links)) };
    return next === null ? page : { ...page, NextToken: pageToken(query, String(next)) };
  }

  @Operation('CancelTraceRetrieval')
  async cancelTraceRetrieval(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { token } = this.retrieval(readRequest(body, cancelRetrieval).RetrievalToken);
    await this.append({ kind: 'cancel trace retrieval', token }, request);
    return {};
  }

  private async append(change: RetrievalChange, request: FastifyRequest): Promise<TraceRetrieval> {
    const { retrieval } = await this.source.log.change(change, actorOf(request)).catch(refuse);
    if (retrieval === null) throw new Error(`${change.kind} was not understood when it was read back`);
    if ('refused' in retrieval) throw resourceNotFound(retrieval.refused.message, change.token);
    return retrieval.after ?? this.retrieval(change.token);
  }

  private retrieval(token: string): TraceRetrieval {
    const retrieval = this.source.state.retrievals.retrieval(token, Date.now());
    if (retrieval === null) throw resourceNotFound('There is no retrieval with this token, or its time is over', token);
    return retrieval;
  }
}

function statusOf({ isCancelled }: TraceRetrieval): 'COMPLETE' | 'CANCELLED' {
  return isCancelled ? 'CANCELLED' : 'COMPLETE';
}

function placeOf(at: string | undefined, { traceIds }: TraceRetrieval): SpanPlace {
  const [trace, span] = (at ?? '0 0').split(' ').map(Number);
  const isPlace = Number.isSafeInteger(trace) && Number.isSafeInteger(span);
  if (!isPlace || trace === undefined || span === undefined || trace < 0 || span < 0 || trace > traceIds.length) throw invalidToken();
  return { trace, span };
}
