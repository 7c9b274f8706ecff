import type { TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { findSkew, type SkewHint } from '@fluoroscope/xray/skew';
import { Controller, Get, Header, Inject, Query } from '@nestjs/common';
import { invalidRequest } from '../protocol/errors.js';
import { traceReader } from '../tokens.js';
import { parsedDocuments } from './stored-traces.js';

/** Newest traces of the time range that are looked at. */
const maxTraces = 50;
const defaultRangeSeconds = 300;

/**
 * `GET /clock-skew`: between which services the clocks seem to disagree, and by how much, judged by the newest traces of
 * [from, to) (epoch seconds; the last five minutes when they are left out). A hint of ours, not an X-Ray operation:
 * nothing that is stored or answered elsewhere is ever corrected by it.
 */
@Controller()
export class ClockSkewController {
  constructor(@Inject(traceReader) private readonly traces: TraceReader) {}

  @Get('clock-skew')
  @Header('cache-control', 'no-store')
  async hints(@Query('from') from?: string, @Query('to') to?: string): Promise<{ traces: number; hints: SkewHint[] }> {
    const end = secondsOf(to, Date.now() / 1000);
    const range = { from: secondsOf(from, end - defaultRangeSeconds), to: end };
    const { traces } = await this.traces.find({ ...range, by: 'start', limit: maxTraces });
    const documents = await this.traces.documents(traces.map(({ traceId }) => traceId));
    return { traces: documents.size, hints: findSkew([...documents.values()].map(parsedDocuments)) };
  }
}

function secondsOf(text: string | undefined, otherwise: number): number {
  const seconds = text === undefined ? otherwise : Number(text);
  if (!Number.isFinite(seconds) || seconds < 0) throw invalidRequest('from and to are epoch seconds');
  return seconds;
}
