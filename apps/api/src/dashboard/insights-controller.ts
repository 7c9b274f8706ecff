/** One insight with what its page draws; the list of them comes over the live room `insights`. */
import type { FaultReader } from '@fluoroscope/clickhouse/fault-reader';
import type { HistoryReader } from '@fluoroscope/clickhouse/history-reader';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import type { AnomalousService, InsightCourse, InsightDetailAnswer, InsightEvent } from '@fluoroscope/contract/insights';
import { callersOf, type RequestGraph } from '@fluoroscope/xray/insights/impact';
import { lastEventOf } from '@fluoroscope/xray/insights/incidents';
import { nodeId } from '@fluoroscope/xray/node-key';
import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { InsightViews } from '../insights/insight-views.js';
import { faultReader, historyReader } from '../tokens.js';
import { DashboardError } from './errors.js';

const periodSeconds = 60;
/** What it was like before, beside what it was like then. */
const beforeSeconds = 3_600;
const afterSeconds = 600;

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
    const [courses, calls] = await Promise.all([
      Promise.all(last.services.map((service) => this.course(service, range))),
      this.calls(last, last.endSeconds ?? insight.figures.atSeconds),
    ]);
    return { insight, ...range, periodSeconds, courses, calls };
  }

  private async course(service: AnomalousService, range: Range): Promise<InsightCourse> {
    const { points } = await this.history.series({ ...range, period: periodSeconds }, { node: service.node });
    return { ...service, points: points.map(([start, [ok, error, throttle, fault]]) => [start, ok + error + throttle + fault, fault]) };
  }

  private async calls(event: InsightEvent, to: number): Promise<InsightDetailAnswer['calls']> {
    const graph = await this.faults.counts({ from: event.startSeconds, to: Math.max(to, event.startSeconds + sliceSeconds) });
    return callsOf(graph, event);
  }
}

function drawnRange({ startSeconds, endSeconds }: InsightEvent, nowSeconds: number): Range {
  const to = endSeconds === null ? nowSeconds : endSeconds + afterSeconds;
  return {
    from: Math.floor((startSeconds - beforeSeconds) / periodSeconds) * periodSeconds,
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
