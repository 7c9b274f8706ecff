/**
 * `GET /api/graph/estimates`: how many requests there really were, beside those that were recorded, of the nodes and calls of which
 * the samplers' reports tell. Reports are kept for an hour, so no longer range has any.
 */
import type { GraphReader } from '@fluoroscope/clickhouse/graph-reader';
import type { GraphEstimates } from '@fluoroscope/contract/sampling';
import { estimateGraph } from '@fluoroscope/xray/sampling-estimates';
import { Controller, Get, Header, Inject, Query as QueryOf } from '@nestjs/common';
import { controlSource, graphReader, statisticsSource } from '../tokens.js';
import type { StatisticsSource } from '../xray/statistics-source.js';
import { chosenGroup } from './chosen-group.js';
import type { ControlSource } from './control-source.js';
import { type Query, rangeOf } from './query.js';

const maxRangeSeconds = 3_600;

@Controller('api/graph')
export class EstimatesController {
  constructor(
    @Inject(graphReader) private readonly graphs: GraphReader,
    @Inject(statisticsSource) private readonly statistics: StatisticsSource,
    @Inject(controlSource) private readonly control: ControlSource,
  ) {}

  @Get('estimates')
  @Header('cache-control', 'no-store')
  async estimates(@QueryOf() query: Query): Promise<GraphEstimates> {
    const asked = rangeOf(query, maxRangeSeconds);
    const groupId = chosenGroup(query, this.control.state.groups)?.id;
    const windows = this.statistics.state.sampling.windows();
    if (windows.length === 0) return { ...asked, nodes: [], edges: [] };
    const { from, to, graph } = await this.graphs.serviceGraph(asked.from, asked.to, groupId);
    const sampled = await this.graphs.sampled(from, to, groupId);
    return { from, to, ...estimateGraph({ graph, sampled, windows }) };
  }
}
