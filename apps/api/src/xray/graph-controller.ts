/** GetServiceGraph, out of the stored slices, and GetTraceGraph, out of the documents of a few traces. */
import type { GraphReader } from '@fluoroscope/clickhouse/graph-reader';
import type { TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { ServiceGraph } from '@fluoroscope/xray/service-graph';
import { buildServiceGraph } from '@fluoroscope/xray/service-graph';
import { Body, Controller, Inject } from '@nestjs/common';
import { ApiTally } from '../counters.js';
import { invalidRequest } from '../protocol/errors.js';
import { optional, structure, text, timestamp } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { pageStart } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { graphReader, traceReader } from '../tokens.js';
import { type Service, shapeServiceGraph } from './service-shape.js';
import { knownTraceIds, parsedDocuments, traceIdsField } from './stored-traces.js';
import { checkRange } from './time-range.js';

const getServiceGraph = structure({
  StartTime: timestamp,
  EndTime: timestamp,
  GroupName: optional(text({ min: 1, max: 32 })),
  GroupARN: optional(text({ min: 1, max: 400 })),
  NextToken: optional(text()),
});
const getTraceGraph = structure({ TraceIds: traceIdsField, NextToken: optional(text()) });

const maxGraphHours = 6;
/** Holds every trace; there are no others yet. */
const defaultGroup = 'Default';

@Controller()
export class GraphController {
  constructor(
    @Inject(graphReader) private readonly graphs: GraphReader,
    @Inject(traceReader) private readonly traces: TraceReader,
    @Inject(ApiTally) private readonly tally: ApiTally,
  ) {}

  /** The range of the answer is the asked one widened to whole slices. All services come in one page. */
  @Operation('ServiceGraph')
  async getServiceGraph(@Body() body: Buffer | undefined): Promise<object> {
    const { StartTime, EndTime, GroupName, GroupARN, NextToken } = readRequest(body, getServiceGraph);
    checkRange({ from: StartTime, to: EndTime, maxHours: maxGraphHours });
    checkGroup(GroupName, GroupARN);
    pageStart({ StartTime, EndTime }, NextToken);
    const { from, to, graph } = await this.graphs.serviceGraph(StartTime, EndTime);
    return { StartTime: from, EndTime: to, Services: this.shape(graph), ContainsOldGroupVersions: false };
  }

  @Operation('TraceGraph')
  async getTraceGraph(@Body() body: Buffer | undefined): Promise<object> {
    const { TraceIds, NextToken } = readRequest(body, getTraceGraph);
    pageStart({ TraceIds }, NextToken);
    const stored = await this.traces.documents(knownTraceIds(TraceIds));
    return { Services: this.shape(buildServiceGraph([...stored.values()].flatMap((documents) => parsedDocuments(documents)))) };
  }

  private shape(graph: ServiceGraph): Service[] {
    const { services, folded } = shapeServiceGraph(graph);
    this.tally.foldedEdges += folded;
    return services;
  }
}

function checkGroup(name: string | undefined, arn: string | undefined): void {
  if (name !== undefined && name !== defaultGroup) throw invalidRequest(`Group ${name} does not exist`);
  if (arn !== undefined && !arn.includes(`:group/${defaultGroup}`)) throw invalidRequest(`Group ${arn} does not exist`);
}
