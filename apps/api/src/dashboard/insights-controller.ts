/** One insight with what its page draws; the list of them comes over the live room `insights`. */
import type { FaultReader } from '@fluoroscope/clickhouse/fault-reader';
import type { HistoryReader, HistorySubject } from '@fluoroscope/clickhouse/history-reader';
import { clientType, sliceSeconds } from '@fluoroscope/contract/graph';
import type { AnomalousService, CoursePoint, InsightCourse, InsightDetailAnswer, InsightEvent } from '@fluoroscope/contract/insights';
import { callersOf, type RequestGraph } from '@fluoroscope/xray/insights/impact';
import { lastEventOf } from '@fluoroscope/xray/insights/incidents';
import { nodeId } from '@fluoroscope/xray/node-key';
import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { InsightViews } from '../insights/insight-views.js';
import { faultReader, historyReader } from '../tokens.js';
import { DashboardError } from './errors.js';

const periodSeconds = 60;
/** What it was like before, beside what it was like then: some times as long, within these bounds. */
const beforeFactor = 3;
const leastBeforeSeconds = 900;
const mostBeforeSeconds = 3_600;
const afterSeconds = 600;
const maxEntries = 5;

interface Range {
  from: number;
  to: number;
}

@Controller('api/insights')
export class InsightDetailController {
  constructor(
    @Inject(InsightViews) private readonly views: InsightViews,
    @Inject(historyReader) private readonly history: HistoryReader,
    @Inject(faultReader) private readonly faults: FaultReader,
  ) {}

  @Get(':id')
  @Header('cache-control', 'no-store')
  async insight(@Param('id') id: string): Promise<InsightDetailAnswer> {
    const insight = this.views.get(id);
    if (insight === null) throw new DashboardError('unknown_insight', 'There is no such insight; closed ones are kept for 30 days');
    const last = lastEventOf(insight);
    const range = drawnRange(last, insight.figures.atSeconds);
    const graph = await this.graph(last, last.endSeconds ?? insight.figures.atSeconds);
    const [courses, clients] = await Promise.all([
      Promise.all(last.services.map((service) => this.course(service, range))),
      Promise.all(entriesOf(graph, last).map((edge) => this.points(edge, range))),
    ]);
    return { insight, ...range, periodSeconds, courses, clients: summed(clients.flat()), calls: callsOf(graph, last) };
  }

  private async course(service: AnomalousService, range: Range): Promise<InsightCourse> {
    return { ...service, points: await this.points({ node: service.node }, range) };
  }

  private async points(subject: HistorySubject, range: Range): Promise<CoursePoint[]> {
    const { points } = await this.history.series({ ...range, period: periodSeconds }, subject);
    return points.map(([start, [ok, error, throttle, fault]]) => [start, ok + error + throttle + fault, fault]);
  }

  private graph({ startSeconds }: InsightEvent, to: number): Promise<RequestGraph> {
    return this.faults.counts({ from: startSeconds, to: Math.max(to, startSeconds + sliceSeconds) });
  }
}

/** The calls of clients that lead to the root cause; those with the most requests. */
function entriesOf(graph: RequestGraph, { rootCause }: InsightEvent): RequestGraph['edges'] {
  const callers = callersOf(graph, rootCause);
  const entries = graph.edges.filter(({ caller, callee }) => caller.type === clientType && callers.has(nodeId(callee)));
  return entries.sort((left, right) => right.counts.total - left.counts.total).slice(0, maxEntries);
}

function summed(points: readonly CoursePoint[]): CoursePoint[] {
  const sums = new Map<number, CoursePoint>();
  for (const [start, requests, faults] of points) {
    const [, before, failed] = sums.get(start) ?? [start, 0, 0];
    sums.set(start, [start, before + requests, failed + faults]);
  }
  return [...sums.values()].sort(([left], [right]) => left - right);
}

function drawnRange({ startSeconds, endSeconds }: InsightEvent, nowSeconds: number): Range {
  const to = endSeconds === null ? nowSeconds : endSeconds + afterSeconds;
  const before = Math.min(mostBeforeSeconds, Math.max(leastBeforeSeconds, beforeFactor * (to - startSeconds)));
  return {
    from: Math.floor((startSeconds - before) / periodSeconds) * periodSeconds,
    to: Math.ceil(to / periodSeconds) * periodSeconds,
  };
}

/** To the services of the insight, from each other and from whoever leads to the root cause. */
function callsOf(graph: RequestGraph, { rootCause, services }: InsightEvent): InsightDetailAnswer['calls'] {
  const callers = callersOf(graph, rootCause);
  const callees = new Set(services.map(({ node }) => nodeId(node)));
  const shown = graph.edges.filter(({ caller, callee }) => {
    return callees.has(nodeId(callee)) && (callees.has(nodeId(caller)) || callers.has(nodeId(caller)));
  });
  return shown.map(({ caller, callee, counts }) => ({ caller, callee, requests: counts.total, faults: counts.fault }));
}
