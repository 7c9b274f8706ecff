/**
 * Which partition a segment document belongs to: Kafka's own choice for a message whose key is the trace ID, so that a plain producer
 * with keys agrees. All documents of a trace are in one partition, in the order of their arrival.
 *
 * The trace ID is found in the raw bytes, because nothing is parsed on the way into the log. A name that stands in the document
 * once is taken as it is; where it stands several times (links name the traces that they lead to), the one at the top counts.
 */
import { partitionOfKey } from './key-partition.js';
import { quote, valueAtTheTop, valueBehind } from './top-level-member.js';

const name = Buffer.from('"trace_id"');
const idLength = 35;
const upperToLower = 0x20;
const dash = 0x2d;

/** A document whose trace ID cannot be found goes by all of its bytes: it is to be refused by whoever parses it. */
export function partitionOf(document: Uint8Array, partitions: number): number {
  if (partitions === 1) return 0;
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  return partitionOfKey(traceIdIn(bytes) ?? bytes, partitions);
}

/** The trace ID in lower case; null where there is none. */
export function traceIdIn(bytes: Buffer): Buffer | null {
  const first = bytes.indexOf(name);
  if (first < 0) return null;
  const isAlone = bytes.indexOf(name, first + name.length) < 0;
  const at = isAlone ? valueBehind(bytes, first + name.length) : valueAtTheTop(bytes, name);
  return at < 0 || bytes[at] !== quote ? null : lowerCaseId(bytes, at + 1);
}

function lowerCaseId(bytes: Buffer, start: number): Buffer | null {
  const end = start + idLength;
  if (bytes[end] !== quote || bytes[start + 1] !== dash || bytes[start + 10] !== dash) return null;
  const id = bytes.subarray(start, end);
  return id.some(isUpper) ? Buffer.from(id.map((byte) => (isUpper(byte) ? byte | upperToLower : byte))) : id;
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
