/** Traces for the dashboard: one of them whole, as lines of JSON. */
import type { TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { traceReader } from '../tokens.js';
import { isTraceId } from '../xray/stored-traces.js';
import { DashboardError } from './errors.js';
import { invalid, shown } from './query.js';

@Controller('api/traces')
export class TraceListController {
  constructor(@Inject(traceReader) private readonly traces: TraceReader) {}

  /** Headers say how many documents the trace has, and how many of them, the earliest, are in the answer. */
  @Get(':traceId')
  async trace(@Param('traceId') traceId: string, @Res() reply: FastifyReply): Promise<void> {
    if (!isTraceId(traceId)) throw invalid(`${shown(traceId)} is not a trace ID: 1-<8 hexadecimal digits>-<24 hexadecimal digits>`);
    const trace = await this.traces.lines(traceId.toLowerCase());
    if (trace === null) throw new DashboardError('unknown_trace', `No document of trace ${traceId} is stored`);
    const headers = {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
      'x-fluoroscope-documents': String(trace.documents),
      'x-fluoroscope-kept': String(trace.kept),
    };
    await reply.headers(headers).send(trace.lines);
  }
}
