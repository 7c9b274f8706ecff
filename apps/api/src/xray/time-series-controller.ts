/** GetTimeSeriesServiceStatistics: the course of nodes or edges, minute by minute, out of the stored slices and minutes. */
import type { GraphReader } from '@fluoroscope/clickhouse/graph-reader';
import type { CourseRange, HistoryReader } from '@fluoroscope/clickhouse/history-reader';
import type { StatisticsRow } from '@fluoroscope/contract/graph';
import { type EntitySelection, namesEntities, parseEntitySelector } from '@fluoroscope/xray/entity-selector';
import { type FaultCount, forecastFaults, forecastSeconds } from '@fluoroscope/xray/fault-forecast';
import { Body, Controller, Inject } from '@nestjs/common';
import type { ControlSource } from '../dashboard/control-source.js';
import { invalidRequest } from '../protocol/errors.js';
import { flag, optional, structure, text, timestamp, whole } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { pageIndex, pageToken } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, graphReader, historyReader, type Installation, installation } from '../tokens.js';
import { groupMembers, hasOldMembers, narrowedGroup } from './groups-shape.js';
import { maxEntriesPerPage, shapeHistogram, shapeStatistics } from './service-shape.js';
import { checkRange } from './time-range.js';

const periods = [60, 300] as const;
const getTimeSeries = structure({
  StartTime: timestamp,
  EndTime: timestamp,
  ...groupMembers,
  EntitySelectorExpression: optional(text({ min: 1, max: 500 })),
  Period: optional(whole({ min: 1, max: 3_600 })),
  ForecastStatistics: optional(flag),
  NextToken: optional(text()),
});
const maxHours = 6;

type Point = [startSeconds: number, statistics: StatisticsRow];

interface Course {
  kind: EntitySelection['kind'];
  /** Every period that is answered, in order. */
  points: Point[];
  /** What was before each of them, too; empty when nothing is foreseen. */
  faults: FaultCount[];
}

@Controller()
export class TimeSeriesController {
  constructor(
    @Inject(historyReader) private readonly history: HistoryReader,
    @Inject(graphReader) private readonly graphs: GraphReader,
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(installation) private readonly here: Installation,
  ) {}

  /** The range is widened to whole periods. */
  @Operation('TimeSeriesServiceStatistics')
  async getTimeSeries(@Body() body: Buffer | undefined): Promise<object> {
    const { NextToken, GroupName, GroupARN, ...query } = readRequest(body, getTimeSeries);
    checkRange({ from: query.StartTime, to: query.EndTime, maxHours });
    const group = narrowedGroup({ GroupName, GroupARN }, this.control.state.groups, this.here);
    const selection = selectionOf(query.EntitySelectorExpression);
    const isForeseen = query.ForecastStatistics === true;
    if (isForeseen && (selection === null || !namesEntities(selection)))
      throw invalidRequest('ForecastStatistics needs an EntitySelectorExpression that names its entities by id()');
    const bound = { ...query, group: group?.id };
    const range = { ...rangeOf(query), groupId: group?.id };
    const course = await this.course(range, { selection, isForeseen });
    const { entries, next } = pageOf(course, pageIndex(bound, NextToken));
    const ContainsOldGroupVersions = await hasOldMembers(this.graphs, range, group);
    const page = { TimeSeriesServiceStatistics: entries, ContainsOldGroupVersions };
    return next < course.points.length ? { ...page, NextToken: pageToken(bound, String(next)) } : page;
  }

  private async course(
    range: CourseRange,
    { selection, isForeseen }: { selection: EntitySelection | null; isForeseen: boolean },
  ): Promise<Course> {
    const found = await this.history.course({ ...range, from: range.from - (isForeseen ? forecastSeconds : 0) }, selection);
    const points = withEmptyPeriods(found, range, Date.now() / 1000);
    return { kind: selection?.kind ?? 'edge', points, faults: isForeseen ? found.map(faultsOf) : [] };
  }
}

function selectionOf(expression: string | undefined): EntitySelection | null {
  if (expression === undefined) return null;
  const parsed = parseEntitySelector(expression);
  if ('problem' in parsed) throw invalidRequest(parsed.problem);
  return parsed.selection;
}

function rangeOf({ StartTime, EndTime, Period = 60 }: { StartTime: number; EndTime: number; Period?: number | undefined }): CourseRange {
  const period = periods.find((known) => known === Period);
  if (period === undefined) throw invalidRequest(`Period must be ${periods.join(' or ')} seconds`);
  return { from: Math.floor(StartTime / period) * period, to: Math.ceil(EndTime / period) * period, period };
}

/** Zeros where there was nothing, so that a chart shows it; none for what is still to come, or for what was never there. */
function withEmptyPeriods(found: readonly Point[], { from, to, period }: CourseRange, nowSeconds: number): Point[] {
  const statistics = new Map(found.filter(([start]) => start >= from));
  if (statistics.size === 0) return [];
  const starts = Array.from({ length: (to - from) / period }, (_, n) => from + n * period);
  const past = starts.filter((start) => start < nowSeconds || statistics.has(start));
  return past.map((start) => [start, statistics.get(start) ?? [0, 0, 0, 0, 0, 0, []]]);
}

/** From the point of this index on, as many as fit. */
function pageOf({ kind, points, faults }: Course, from: number): { entries: object[]; next: number } {
  const entries: object[] = [];
  let histogramEntries = 0;
  for (const point of points.slice(from)) {
    if (histogramEntries >= maxEntriesPerPage) break;
    histogramEntries += point[1][6].length / 2;
    entries.push(entryOf(kind, point, faults));
  }
  return { entries, next: from + entries.length };
}

function entryOf(kind: EntitySelection['kind'], point: Point, before: readonly FaultCount[]): object {
  const [start, [ok, error, throttle, fault, inProgress, totalMicros, histogram]] = point;
  const statistics = shapeStatistics({ ok, error, throttle, fault, inProgress, totalMicros, histogram });
  const forecast = forecastFaults(faultsOf(point), before);
  return {
    Timestamp: start,
    ...(kind === 'node' ? { ServiceSummaryStatistics: statistics } : { EdgeSummaryStatistics: statistics }),
    ...(forecast === null ? {} : { ServiceForecastStatistics: { FaultCountHigh: forecast.high, FaultCountLow: forecast.low } }),
    ResponseTimeHistogram: shapeHistogram(histogram),
  };
}

function faultsOf([startSeconds, [ok, error, throttle, fault]]: Point): FaultCount {
  return { startSeconds, faults: fault, total: ok + error + throttle + fault };
}
