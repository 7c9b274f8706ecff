/**
 * Which partition a document of metrics belongs to: Kafka's own choice for a message whose key is the document's `Id`, so that whoever
 * writes a call again, with the same `Id`, writes it where it lies already. A document without one is known by its place alone, and
 * right in any partition.
 *
 * Found in the raw bytes, because nothing is parsed on the way into the log; our api writes the `Id` first, where it costs nothing.
 */
import { partitionOfKey } from './key-partition.js';
import { endOfString, quote, valueAtTheTop } from './top-level-member.js';

const beginning = Buffer.from('{"Id":"');
const [id, namespace] = [Buffer.from('"Id"'), Buffer.from('"Namespace"')];
/** A call has one of these, or both. */
const data = [Buffer.from('"MetricData"'), Buffer.from('"EntityMetricData"')];

/** Null where any is right. */
export function partitionOfMetrics(document: Uint8Array, partitions: number): number | null {
  const key = idIn(Buffer.from(document.buffer, document.byteOffset, document.byteLength));
  return key === null ? null : partitionOfKey(key, partitions);
}

/** Whether it can be one: has a `Namespace` that is text, and `MetricData`. */
export function isMetricData(bytes: Buffer): boolean {
  const at = bytes.includes(namespace) ? valueAtTheTop(bytes, namespace) : -1;
  return at >= 0 && bytes[at] === quote && data.some((name) => bytes.includes(name) && valueAtTheTop(bytes, name) >= 0);
}

function idIn(bytes: Buffer): Buffer | null {
  if (!bytes.includes(id)) return null;
  const isFirst = bytes.subarray(0, beginning.length).equals(beginning);
  const at = isFirst ? beginning.length - 1 : valueAtTheTop(bytes, id);
  if (at < 0 || bytes[at] !== quote) return null;
  const end = endOfString(bytes, at);
  return end - at > 2 ? bytes.subarray(at + 1, end - 1) : null;
}
