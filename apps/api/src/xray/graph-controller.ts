/** GetServiceGraph, out of the stored slices, and GetTraceGraph, out of the documents of a few traces. */
import type { GraphReader } from '@fluoroscope/clickhouse/graph-reader';
import type { TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { ServiceGraph } from '@fluoroscope/xray/service-graph';
import { buildServiceGraph } from '@fluoroscope/xray/service-graph';
import { Body, Controller, Inject } from '@nestjs/common';
import { ApiTally } from '../counters.js';
import type { ControlSource } from '../dashboard/control-source.js';
import { optional, structure, text, timestamp } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { pageIndex, pageToken } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, graphReader, type Installation, installation, traceReader } from '../tokens.js';
import { groupMembers, hasOldMembers, narrowedGroup } from './groups-shape.js';
import { GraphLayout, type Service } from './service-shape.js';
import { knownTraceIds, readTraces, traceIdsField } from './stored-traces.js';
import { checkRange } from './time-range.js';

const getServiceGraph = structure({
  StartTime: timestamp,
  EndTime: timestamp,
  ...groupMembers,
  NextToken: optional(text()),
});
const getTraceGraph = structure({ TraceIds: traceIdsField, NextToken: optional(text()) });

const maxGraphHours = 6;

@Controller()
export class GraphController {
  constructor(
    @Inject(graphReader) private readonly graphs: GraphReader,
    @Inject(traceReader) private readonly traces: TraceReader,
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(installation) private readonly here: Installation,
    @Inject(ApiTally) private readonly tally: ApiTally,
  ) {}

  /** The range of the answer is the asked one widened to whole slices. */
  @Operation('ServiceGraph')
  async getServiceGraph(@Body() body: Buffer | undefined): Promise<object> {
    const { StartTime, EndTime, GroupName, GroupARN, NextToken } = readRequest(body, getServiceGraph);
    checkRange({ from: StartTime, to: EndTime, maxHours: maxGraphHours });
    const group = narrowedGroup({ GroupName, GroupARN }, this.control.state.groups, this.here);
    const { from, to, graph } = await this.graphs.serviceGraph(StartTime, EndTime, group?.id);
    const page = this.page(graph, { StartTime, EndTime, group: group?.id }, NextToken);
    return { StartTime: from, EndTime: to, ...page, ContainsOldGroupVersions: await hasOldMembers(this.graphs, { from, to }, group) };
  }

  @Operation('TraceGraph')
  async getTraceGraph(@Body() body: Buffer | undefined): Promise<object> {
    const { TraceIds, NextToken } = readRequest(body, getTraceGraph);
    const traces = await readTraces(this.traces, knownTraceIds(TraceIds));
    return this.page(buildServiceGraph([...traces.values()].flat()), { TraceIds }, NextToken);
  }

  /** Pages of a graph whose services have changed in between do not belong together: their token is refused. */
  private page(graph: ServiceGraph, query: object, token: string | undefined): { Services: Service[]; NextToken?: string } {
    const layout = new GraphLayout(graph);
    const bound = { ...query, identity: layout.identity };
    const { services, next } = layout.page(pageIndex(bound, token));
    this.tally.foldedEdges += layout.folded;
    return next === null ? { Services: services } : { Services: services, NextToken: pageToken(bound, String(next)) };
  }
}
