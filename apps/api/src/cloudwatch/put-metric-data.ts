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

/** What has no members of its own, and is judged whatever else the datum has; `Counts` are only beside `Values`. */
const datumMembers = ['MetricName', 'Timestamp', 'Unit', 'StorageResolution', 'Value', 'Values'];
const dimensionMembers = ['Name', 'Value'];
const setMembers = ['SampleCount', 'Sum', 'Minimum', 'Maximum'];

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
    await this.appendAccepted(Buffer.from(JSON.stringify(judgedDocument(document))), nowMs);
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

/**
 * Of a document that was accepted: the data of its entities behind its own. Only what was judged: of the rest nobody knows how deep
 * or how long it is. `Id` comes first, since it is found where the text begins.
 */
function judgedDocument({ Id, Namespace, MetricData, EntityMetricData }: Members): Members {
  const ofEntities = listOf(EntityMetricData).flatMap((entity) => listOf((entity as Members).MetricData));
  return { Id, Namespace, MetricData: [...listOf(MetricData), ...ofEntities].map(judgedDatum) };
}

function judgedDatum(datum: unknown): Members {
  const { Dimensions, StatisticValues, Values, Counts } = datum as Members;
  return {
    ...judged(datum, datumMembers),
    ...(isGiven(Dimensions) && { Dimensions: listOf(Dimensions).map((dimension) => judged(dimension, dimensionMembers)) }),
    ...(isGiven(StatisticValues) && { StatisticValues: judged(StatisticValues, setMembers) }),
    ...(listOf(Values).length > 0 && { Counts }),
  };
}

function judged(structure: unknown, names: readonly string[]): Members {
  return Object.fromEntries(names.map((name) => [name, (structure as Members)[name]]));
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
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
