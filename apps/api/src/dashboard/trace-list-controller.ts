/** Traces for the dashboard: a page of the list, and one of them whole, as lines of JSON. */
import type { LinkReader } from '@fluoroscope/clickhouse/link-reader';
import { readPlace, type TraceListReader, type TracePlace, writePlace } from '@fluoroscope/clickhouse/trace-list-reader';
import type { TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { TraceLinks, TracePage } from '@fluoroscope/contract/traces';
import { type Expression, maxExpressionLength } from '@fluoroscope/xray/filter/expression';
import { parseFilter } from '@fluoroscope/xray/filter/parse';
import { nodeKeyOfAddress } from '@fluoroscope/xray/node-key';
import type { TraceFilter } from '@fluoroscope/xray/trace-filter';
import { Controller, Get, Header, Inject, Param, Query as QueryOf, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { controlSource, type Installation, installation, linkReader, traceListReader, traceReader } from '../tokens.js';
import { groupNames } from '../xray/groups-shape.js';
import { isTraceId } from '../xray/stored-traces.js';
import { chosenGroup, inGroup } from './chosen-group.js';
import type { ControlSource } from './control-source.js';
import { DashboardError } from './errors.js';
import { flagOf, integerOf, invalid, listOf, numberOf, type Query, rangeOf, shown, textOf } from './query.js';

const maxRangeSeconds = 31 * 86_400;
const defaultLimit = 100;
const maxLimit = 500;
const maxTextLength = 500;
/** Of a node's address: three parts of 250 characters, any of them escaped. */
const maxServiceLength = 2_300;
const maxResponseMs = 1e9;
const outcomeNames = ['ok', 'error', 'throttle', 'fault'] as const;

@Controller('api/traces')
export class TraceListController {
  constructor(
    @Inject(traceReader) private readonly traces: TraceReader,
    @Inject(traceListReader) private readonly list: TraceListReader,
    @Inject(linkReader) private readonly linked: LinkReader,
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(installation) private readonly here: Installation,
  ) {}

  /** Newest first. The page and the total are read at the same time. */
  @Get()
  @Header('cache-control', 'no-store')
  async page(@QueryOf() query: Query): Promise<TracePage> {
    const range = rangeOf(query, maxRangeSeconds);
    const groups = groupNames(this.control.state.groups, this.here);
    const expression = inGroup(chosenGroup(query, this.control.state.groups), expressionOf(query));
    const asked = { ...range, filter: filterOf(query), expression, groups };
    const limit = integerOf(query, 'limit', { min: 1, max: maxLimit }) ?? defaultLimit;
    const before = placeOf(query);
    const [{ rows, next }, counted] = await Promise.all([this.list.page(asked, limit, before), this.list.total(asked)]);
    const isWhole = before === null && next === null;
    const total = isWhole ? rows.length : Math.max(counted?.total ?? 0, rows.length);
    return {
      rows,
      before: next === null ? null : writePlace(next),
      total,
      totalIsAtLeast: !isWhole && (counted?.isAtLeast ?? true),
      searchedTo: next === null ? range.from : next.micros / 1e6,
      ...range,
    };
  }

  /** Headers say how many documents the trace has, and how many of them, the earliest, are in the answer. */
  @Get(':traceId')
  async trace(@Param('traceId') traceId: string, @Res() reply: FastifyReply): Promise<void> {
    const trace = await this.traces.lines(traceIdOf(traceId));
    if (trace === null) throw new DashboardError('unknown_trace', `No document of trace ${traceId} is stored`);
    const headers = {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
      'x-fluoroscope-documents': String(trace.documents),
      'x-fluoroscope-kept': String(trace.kept),
    };
    await reply.headers(headers).send(trace.lines);
  }

  /** A trace that is not stored has no links yet. */
  @Get(':traceId/links')
  @Header('cache-control', 'no-store')
  links(@Param('traceId') traceId: string): Promise<TraceLinks> {
    return this.linked.linksOf(traceIdOf(traceId));
  }
}

function traceIdOf(text: string): string {
  if (!isTraceId(text)) throw invalid(`${shown(text)} is not a trace ID: 1-<8 hexadecimal digits>-<24 hexadecimal digits>`);
  return text.toLowerCase();
}

function filterOf(query: Query): TraceFilter {
  const service = textOf(query, 'service', maxServiceLength);
  const min = numberOf(query, 'min', { max: maxResponseMs });
  const max = numberOf(query, 'max', { max: maxResponseMs });
  const text = textOf(query, 'q', maxTextLength);
  return {
    outcomes: listOf(query, 'outcome', outcomeNames),
    inProgress: flagOf(query, 'progress'),
    ...(service === undefined ? {} : { service: nodeKeyOfAddress(service) }),
    ...(min === undefined ? {} : { minMicros: min * 1_000 }),
    ...(max === undefined ? {} : { maxMicros: max * 1_000 }),
    ...(text === undefined ? {} : { text }),
  };
}

/** What is wrong with it is said as X-Ray's operations say it: at which character, and what was expected. */
function expressionOf(query: Query): Expression | null {
  const text = textOf(query, 'filter', maxExpressionLength);
  if (text === undefined) return null;
  const parsed = parseFilter(text);
  if ('problem' in parsed) throw invalid(parsed.problem.message);
  return parsed.expression;
}

function placeOf(query: Query): TracePlace | null {
  const text = textOf(query, 'before', 100);
  if (text === undefined) return null;
  const place = readPlace(text);
  if (place === null) throw invalid('before is not what an earlier page gave');
  return place;
}
