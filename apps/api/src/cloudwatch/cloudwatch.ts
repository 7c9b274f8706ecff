/** Answers the operations of CloudWatch that are served: from the call's own protocol to plain members, and back. */
import type { LogAppender } from '@fluoroscope/log/log';
import type { FastifyRequest } from 'fastify';
import { type CloudWatchOperation, cloudWatchOperations, isServed } from '../access/policies.js';
import type { ApiTally } from '../counters.js';
import type { CloudWatchCall } from '../protocol/cloudwatch-call.js';
import { CloudWatchError } from '../protocol/cloudwatch-errors.js';
import { cloudWatchProtocols } from '../protocol/cloudwatch-protocols.js';
import { requestIdHeader } from '../protocol/errors.js';
import type { WireAnswer } from '../protocol/wire-protocol.js';
import { GetMetricStatistics } from './get-metric-statistics.js';
import { ListMetrics } from './list-metrics.js';
import type { MetricSource } from './metric-source.js';
import type { Operation } from './operation.js';
import { PutMetricData } from './put-metric-data.js';

export interface CloudWatchOptions {
  metricLog: LogAppender;
  metrics: MetricSource;
  accountId: string;
  tally: ApiTally;
}

const nothing = Buffer.alloc(0);

export class CloudWatch {
  readonly #operations: Readonly<Record<CloudWatchOperation, Operation>>;

  constructor({ metricLog, metrics, accountId, tally }: CloudWatchOptions) {
    this.#operations = {
      PutMetricData: new PutMetricData(metricLog, tally),
      GetMetricStatistics: new GetMetricStatistics(metrics),
      ListMetrics: new ListMetrics(metrics, accountId),
    };
  }

  /** What it throws is answered in the same protocol by the error filter. */
  async answer({ operation, protocol }: CloudWatchCall, request: FastifyRequest): Promise<WireAnswer> {
    if (!isServed(operation)) throw new CloudWatchError('InvalidAction', notServed(operation));
    // A page elsewhere can have a browser GET any address: nothing is written by it.
    if (request.method === 'GET' && !cloudWatchOperations[operation].reads) throw new CloudWatchError('InvalidAction', postOnly(operation));
    const served = this.#operations[operation];
    const body = Buffer.isBuffer(request.body) ? request.body : nothing;
    const query = request.url.split('?', 2)[1] ?? '';
    const wire = cloudWatchProtocols[protocol];
    const invocationId = first(request.headers['amz-sdk-invocation-id']);
    const output = await served.run(wire.decode({ body, query }, served.input), { body, query, invocationId, nowMs: Date.now() });
    return wire.encode(output, { operation, requestId: String(request.headers[requestIdHeader]) });
  }
}

function notServed(operation: string): string {
  return `${operation} is not served here. Of CloudWatch there are ${Object.keys(cloudWatchOperations).join(', ')}.`;
}

function postOnly(operation: string): string {
  return `${operation} is called by POST`;
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
