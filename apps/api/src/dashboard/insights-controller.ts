/** One insight with what its page draws; the list of them comes over the live room `insights`. */
import type { CountedRange, FaultReader } from '@fluoroscope/clickhouse/fault-reader';
import type { HistoryReader, HistorySubject } from '@fluoroscope/clickhouse/history-reader';
import { clientType, sliceSeconds } from '@fluoroscope/contract/graph';
import type { CoursePoint, InsightDetailAnswer, InsightEvent } from '@fluoroscope/contract/insights';
import type { Course } from '@fluoroscope/xray/insights/anomalies';
import { callersOf, type RequestGraph } from '@fluoroscope/xray/insights/impact';
import { lastEventOf } from '@fluoroscope/xray/insights/incidents';
import { edgeId, nodeId } from '@fluoroscope/xray/node-key';
import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { InsightViews } from '../insights/insight-views.js';
import { controlSource, faultReader, historyReader } from '../tokens.js';
import type { ControlSource } from './control-source.js';
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
    @Inject(controlSource) private readonly control: ControlSource,
  ) {}

  @Get(':id')
  @Header('cache-control', 'no-store')
  async insight(@Param('id') id: string): Promise<InsightDetailAnswer> {
    const insight = this.views.get(id);
    if (insight === null) throw new DashboardError('unknown_insight', 'There is no such insight; closed ones are kept for 30 days');
    const last = lastEventOf(insight);
    const range = drawnRange(last, insight.figures.atSeconds);
    const groupId = this.control.state.groups.record(insight.group)?.id;
    if (groupId === undefined) throw new DashboardError('unknown_insight', 'The group of this insight is gone, and what it counted');
    const to = Math.max(last.endSeconds ?? insight.figures.atSeconds, last.startSeconds + sliceSeconds);
    const graph = await this.faults.counts({ from: last.startSeconds, to, groupId });
    const pointsOf = groupId === '' ? this.stored(range) : await this.ofGroup({ ...range, groupId });
    const [courses, clients] = await Promise.all([
      Promise.all(last.services.map(async (service) => ({ ...service, points: await pointsOf({ node: service.node }) }))),
      Promise.all(entriesOf(graph, last).map(pointsOf)),
    ]);
    return { insight, ...range, periodSeconds, courses, clients: summed(clients.flat()), calls: callsOf(graph, last) };
  }

  private stored(range: Range): PointsOf {
    return async (subject) => {
      const { points } = await this.history.series({ ...range, period: periodSeconds }, subject);
      return points.map(([start, [ok, error, throttle, fault]]) => [start, ok + error + throttle + fault, fault]);
    };
  }

  /** Of a group, those that have any fault in the range: no minutes are stored of it. */
  private async ofGroup(range: CountedRange): Promise<PointsOf> {
    const { nodes, edges } = await this.faults.courses(range);
    const known = new Map<string, Course>(nodes.map(({ node, course }) => [nodeId(node), course]));
    for (const { caller, callee, course } of edges) known.set(edgeId(caller, callee), course);
    return async (subject) => {
      const id = 'node' in subject ? nodeId(subject.node) : edgeId(subject.caller, subject.callee);
      return summed((known.get(id) ?? []).map(([slice, requests, faults]) => [minuteOf(slice), requests, faults]));
    };
  }
}

type PointsOf = (subject: HistorySubject) => Promise<CoursePoint[]>;

function minuteOf(slice: number): number {
  return Math.floor((slice * sliceSeconds) / periodSeconds) * periodSeconds;
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
