/** A document of the log of metrics, as the writer reads it. */
import { callOfId, callOfPlace } from '@fluoroscope/clickhouse/metric-facts';
import { type Datum, readMetricData } from '@fluoroscope/cloudwatch/metric-data';

/**
 * Our api has judged the times by its own clock. Ours is that of the log, where a message of Kafka has one time for all that was received
 * within a tenth of a second, and the clocks of machines differ: what was answered as accepted must not be refused here.
 */
const slackSeconds = 60;

export interface MetricDocument {
  /** As it stands in the log. */
  raw: Uint8Array;
  position: number;
  receivedAtMs: number;
  /** Which call it is: 16 bytes, the same whenever it is read. */
  call: Uint8Array;
  data: readonly Datum[];
  /** It may come again with another time of receipt, which some of its data have for theirs. */
  isUntimed: boolean;
}

export type Place = Pick<MetricDocument, 'position' | 'receivedAtMs'> & { partition: number };

/** What our own rules refuse is told by a reason; a document that we fail on is refused too: everything behind it would wait for ever. */
export function readMetricDocument(raw: Buffer, place: Place): MetricDocument | { refused: string } {
  const { position, receivedAtMs } = place;
  try {
    const read = readMetricData(raw.toString('utf8'), receivedAtMs / 1000, slackSeconds);
    if (read.rejected !== undefined) return { refused: read.rejected.message };
    const { id, data } = read;
    const call = id === null ? callOfPlace(place) : callOfId(id);
    const isUntimed = id !== null && data.some(({ timestampMs }) => timestampMs === receivedAtMs);
    return { raw, position, receivedAtMs, call, data, isUntimed };
  } catch (error) {
    return { refused: `it could not be understood: ${String(error)}` };
  }
}

/** Its data as they were when the call was first received; as they are, where they would have been refused then. */
export function dataAt({ raw, data }: MetricDocument, receivedAtMs: number): readonly Datum[] {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8');
  const read = readMetricData(text, receivedAtMs / 1000, slackSeconds);
  return read.rejected === undefined ? read.data : data;
}
