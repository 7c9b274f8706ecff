/**
 * PutMetricData: what one call says is one document of the log of metrics, so it is kept or refused as a whole. It is judged by the
 * function that the writer judges it by, and answered when it is durable.
 *
 * Entities (EntityMetricData) are not kept: their data are, among the others.
 */
import { createHash, randomUUID } from 'node:crypto';
import { parseMetricData } from '@fluoroscope/cloudwatch/metric-data';
import { type LogAppender, LogBroken, LogFull } from '@fluoroscope/log/log';
import type { ApiTally } from '../counters.js';
import { Invocations } from '../invocations.js';
import { CloudWatchError } from '../protocol/cloudwatch-errors.js';
import type { Members } from '../protocol/fields.js';
import { dimensionsInput } from './dimensions.js';
import type { Operation, ReceivedCall } from './operation.js';

const datumInput = {
  MetricName: 'text',
  Dimensions: dimensionsInput,
  Timestamp: 'text',
  Unit: 'text',
  StorageResolution: 'number',
  Value: 'number',
  StatisticValues: { SampleCount: 'number', Sum: 'number', Minimum: 'number', Maximum: 'number' },
  Values: ['number'],
  Counts: ['number'],
} as const;

/** In this order, and nothing else, whatever a caller has sent besides: `Id` is found where the text begins. */
const documentMembers = [
  ...['Id', 'Namespace', 'MetricData', 'MetricName', 'Dimensions', 'Name', 'Timestamp', 'Unit', 'StorageResolution'],
  ...['Value', 'StatisticValues', 'SampleCount', 'Sum', 'Minimum', 'Maximum', 'Values', 'Counts'],
];

const idLength = 32;

export class PutMetricData implements Operation {
  readonly input = {
    Namespace: 'text',
    MetricData: [datumInput],
    EntityMetricData: [{ MetricData: [datumInput] }],
    StrictEntityValidation: 'flag',
  } as const;
  readonly #invocations = new Invocations<null>();

  constructor(
    private readonly log: LogAppender,
    private readonly tally: ApiTally,
  ) {}

  async run({ Namespace, MetricData, EntityMetricData }: Members, call: ReceivedCall): Promise<null> {
    const id = idOf(call);
    const document = { Id: id ?? randomUUID(), Namespace, MetricData, EntityMetricData };
    await this.#invocations.once(id, call.nowMs, () => this.append(document, call.nowMs));
    this.tally.repeatedMetricPuts = this.#invocations.repeated;
    this.tally.forgottenMetricPuts = this.#invocations.forgotten;
    return null;
  }

  private async append(document: Members, nowMs: number): Promise<null> {
    const parsed = parseMetricData(document, nowMs / 1000);
    if (parsed.rejected !== undefined) {
      this.tally.rejectedMetricPuts++;
      throw new CloudWatchError(parsed.rejected.code, parsed.rejected.message);
    }
    this.tally.metricData += parsed.data.length;
    await this.appendAccepted(Buffer.from(JSON.stringify(withAllData(document), documentMembers)), nowMs);
    return null;
  }

  private async appendAccepted(document: Uint8Array, nowMs: number): Promise<void> {
    try {
      await this.log.append([document], nowMs);
    } catch (error) {
      if (!(error instanceof LogFull || error instanceof LogBroken)) throw error;
      this.tally.refusedAppends++;
      if (error instanceof LogFull) throw new CloudWatchError('Throttling', 'Rate exceeded: the log cannot take more now; try again');
      throw new CloudWatchError('InternalServiceError', 'The log cannot keep what it is given any more');
    }
  }
}

/** Of a document that was accepted: the data of its entities behind its own, as they were judged. */
function withAllData({ Id, Namespace, MetricData, EntityMetricData }: Members): Members {
  const ofEntities = listOf(EntityMetricData).flatMap((entity) => listOf((entity as Members).MetricData));
  return { Id, Namespace, MetricData: [...listOf(MetricData), ...ofEntities] };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The same for every retry of a call, at whichever instance it arrives; not for another call under the same invocation ID. */
function idOf({ invocationId, query, body }: ReceivedCall): string | undefined {
  if (invocationId === undefined || invocationId === '') return undefined;
  const content = createHash('sha256').update(`${invocationId}\n${query}\n`).update(body);
  return content.digest('base64url').slice(0, idLength);
}
