/**
 * Which partition a document belongs to: Kafka's own choice for a message whose key is the trace ID, so that a plain producer
 * with keys agrees. All documents of a trace are in one partition, in the order of their arrival.
 *
 * The trace ID is found in the raw bytes, because nothing is parsed on the way into the log. A name that stands in the document
 * once is taken as it is; where it stands several times (links name the traces that they lead to), the one at the top counts.
 */
const name = Buffer.from('"trace_id"');
const idLength = 35;
const seed = 0x9747b28c;
const mixer = 0x5bd1e995;
const upperToLower = 0x20;
const quote = 0x22;
const colon = 0x3a;
const backslash = 0x5c;
const dash = 0x2d;

/** A document whose trace ID cannot be found goes by all of its bytes: it is to be refused by whoever parses it. */
export function partitionOf(document: Uint8Array, partitions: number): number {
  if (partitions === 1) return 0;
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  const key = traceIdIn(bytes) ?? bytes;
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** The trace ID in lower case; null where there is none. */
export function traceIdIn(bytes: Buffer): Buffer | null {
  const first = bytes.indexOf(name);
  if (first < 0) return null;
  const isAlone = bytes.indexOf(name, first + name.length) < 0;
  const at = isAlone ? first : nameAtTheTop(bytes);
  return at < 0 ? null : lowerCaseId(bytes, valueBehind(bytes, at + name.length));
}

/** The last one counts, as for a parser. */
function nameAtTheTop(bytes: Buffer): number {
  let depth = 0;
  let found = -1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === quote) {
      const end = endOfString(bytes, i);
      if (depth === 1 && end - i === name.length && bytes.compare(name, 0, name.length, i, end) === 0 && isName(bytes, end)) found = i;
      i = end - 1;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return found;
}

function isName(bytes: Buffer, end: number): boolean {
  return bytes[skipSpace(bytes, end)] === colon;
}

/** The offset behind the closing quote. */
function endOfString(bytes: Buffer, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1;
  return i + 1;
}

/** Where the text of a name's value begins; -1 when it is no string. */
function valueBehind(bytes: Buffer, end: number): number {
  const at = skipSpace(bytes, end);
  if (bytes[at] !== colon) return -1;
  const value = skipSpace(bytes, at + 1);
  return bytes[value] === quote ? value + 1 : -1;
}

function skipSpace(bytes: Buffer, from: number): number {
  let i = from;
  while (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09) i++;
  return i;
}

function lowerCaseId(bytes: Buffer, start: number): Buffer | null {
  const end = start + idLength;
  if (start < 0 || bytes[end] !== quote || bytes[start + 1] !== dash || bytes[start + 10] !== dash) return null;
  const id = bytes.subarray(start, end);
  return id.some(isUpper) ? Buffer.from(id.map((byte) => (isUpper(byte) ? byte | upperToLower : byte))) : id;
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** As the Java client has it. */
function murmur2(bytes: Buffer): number {
  const { length } = bytes;
  const whole = length & ~3;
  let hash = seed ^ length;
  for (let i = 0; i < whole; i += 4) {
    let word = Math.imul(bytes.readInt32LE(i), mixer);
    word = Math.imul(word ^ (word >>> 24), mixer);
    hash = Math.imul(hash, mixer) ^ word;
  }
  if (length > whole) {
    for (let i = length - 1; i >= whole; i--) hash ^= (bytes[i] ?? 0) << (8 * (i - whole));
    hash = Math.imul(hash, mixer);
  }
  hash = Math.imul(hash ^ (hash >>> 13), mixer);
  return hash ^ (hash >>> 15);
}
