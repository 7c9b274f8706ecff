import type { DeploymentReader } from '@fluoroscope/clickhouse/deployments';
import type { DeploymentsAnswer } from '@fluoroscope/contract/deployments';
import { Controller, Get, Header, Inject, Query as QueryOf } from '@nestjs/common';
import { deploymentReader } from '../tokens.js';
import { type Query, rangeOf } from './query.js';

/** More than traces are kept. */
const maxRangeSeconds = 400 * 86_400;

/** `GET /api/deployments`: what was first seen on which node in a time range. */
@Controller('api/deployments')
export class DeploymentsController {
  constructor(@Inject(deploymentReader) private readonly reader: DeploymentReader) {}

  @Get()
  @Header('cache-control', 'no-store')
  async deployments(@QueryOf() query: Query): Promise<DeploymentsAnswer> {
    const { from, to } = rangeOf(query, maxRangeSeconds);
    return { from, to, ...(await this.reader.between(from, to)) };
  }
}
