/**
 * One batch of what was measured: rows of `metric_calls`, `metric_data` and `metrics`, encoded as they come in and inserted together.
 *
 * Order of the inserts: calls, so that no datum is ever stored under a time that nobody knows of; then the data; then the metrics, which
 * are told again by whoever comes after a crash. Inserting again changes nothing.
 */
import { hash } from 'node:crypto';
import type { Datum } from '@fluoroscope/cloudwatch/metric-data';
import type { Metric, MetricDimension } from '@fluoroscope/contract/metrics';
import { type ClickHouseClient, insertRows } from './clickhouse.js';
import { RowBinary } from './row-binary.js';

/** `metrics` is told again of a metric that goes on when what it says is so old; whoever lists allows for it, as CloudWatch does. */
export const seenAgainSeconds = 50 * 60;

const callBytes = 16;

/** Which call a datum is of, by the Id of its document. */
export function callOfId(id: string): Uint8Array {
  return hash('sha256', id, 'buffer').subarray(0, callBytes);
}

/**
 * Of a document without Id: where it lies and when it was received, which are the same whenever it is read. The time tells it from the
 * one at that place of another log. Not hashed: beside its neighbours it takes no space on disk.
 */
export function callOfPlace(place: { partition: number; position: number; receivedAtMs: number }): Uint8Array {
  const bytes = Buffer.alloc(callBytes);
  bytes.writeUInt16BE(place.partition, 0);
  bytes.writeUIntBE(Math.max(0, place.receivedAtMs), 2, 6);
  bytes.writeBigUInt64BE(BigInt(place.position), 8);
  return bytes;
}

export class MetricFacts {
  private readonly calls = new RowBinary();
  private readonly data = new RowBinary();
  private readonly metrics = new RowBinary();

  /** When the call was first received, where its data have their time from that. */
  received(call: Uint8Array, atMs: number): void {
    this.calls.raw(call);
    this.calls.u64Number(atMs);
  }

  call(call: Uint8Array, data: readonly Datum[]): void {
    for (const [at, datum] of data.entries()) this.datum(call, at, datum);
  }

  seen(metric: Metric, atMs: number): void {
    writeMetric(this.metrics, metric);
    this.metrics.u32(Math.floor(atMs / 1000));
  }

  insert(client: ClickHouseClient): Promise<void> {
    return insertMetricFacts(client, [this]);
  }

  get byteLength(): number {
    return this.parts().reduce((sum, [, bytes]) => sum + bytes.length, 0);
  }

  /** By table, in the order of their inserts. */
  parts(): [table: string, bytes: Uint8Array][] {
    return [
      ['metric_calls', this.calls.bytes()],
      ['metric_data', this.data.bytes()],
      ['metrics', this.metrics.bytes()],
    ];
  }

  private datum(call: Uint8Array, at: number, datum: Datum): void {
    const to = this.data;
    writeMetric(to, datum.metric);
    to.u64Number(datum.timestampMs);
    to.raw(call);
    to.u16(at);
    to.string(datum.unit);
    to.u8(datum.resolutionSeconds);
    for (const value of [datum.sampleCount, datum.sum, datum.minimum, datum.maximum]) to.f64(value);
    const isOne = datum.minimum === datum.maximum;
    to.u8(datum.values.length > 0 ? 1 : 0);
    to.f64s(isOne ? [] : datum.values);
    to.f64s(isOne ? [] : datum.counts);
  }
}

/** Several batches, of partitions of their own, with one insert a table. */
export async function insertMetricFacts(client: ClickHouseClient, batches: readonly MetricFacts[]): Promise<void> {
  const parts = batches.flatMap((batch) => batch.parts());
  for (const table of ['metric_calls', 'metric_data', 'metrics'])
    await insertRows(
      client,
      table,
      parts.filter(([of]) => of === table).map(([, bytes]) => bytes),
    );
}

export function namesAndValues(dimensions: readonly MetricDimension[]): { names: string[]; values: string[] } {
  return { names: dimensions.map(({ name }) => name), values: dimensions.map(({ value }) => value) };
}

function writeMetric(to: RowBinary, { namespace, name, dimensions }: Metric): void {
  to.string(namespace);
  to.string(name);
  to.pairs(dimensions, (dimension) => [dimension.name, dimension.value]);
}
