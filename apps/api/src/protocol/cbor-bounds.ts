/**
 * Whether a body of CBOR can be given to a decoder that trusts what it reads. One pass over the heads of its items, without
 * making any of them: lists and maps must have as many items as they say (a decoder makes a list of the length that it is told),
 * nothing is deeper than any input of ours, no tag but that of timestamps (big numbers cost the square of their length).
 */

/** The deepest input, EntityMetricData to the name of a dimension, has ten. */
const maxDepth = 16;

const text = 3;
const list = 4;
const map = 5;
const tagged = 6;
const simple = 7;
const timestampTag = 1;
const indefinite = 31;
const breakByte = 0xff;
/** Of the argument behind the head, by its lower five bits. */
const argumentBytes: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4, 27: 8 };

class Unsafe extends Error {}

/** One item, and nothing behind it. */
export function isSafeCbor(bytes: Buffer): boolean {
  try {
    return endOfItem(bytes, 0, 0) === bytes.length;
  } catch (error) {
    if (error instanceof Unsafe) return false;
    throw error;
  }
}

/** The offset behind the item at `at`. */
function endOfItem(bytes: Buffer, at: number, depth: number): number {
  const head = bytes[at];
  if (head === undefined || depth > maxDepth) throw new Unsafe();
  const major = head >> 5;
  if ((head & 31) === indefinite) return endOfIndefinite(bytes, at, depth);
  const { argument, end } = argumentAt(bytes, at);
  if (major < 2 || major === simple) return end;
  if (major === tagged && argument === timestampTag) return endOfItem(bytes, end, depth + 1);
  // Every item has a byte at least, every character of a text has one.
  if (argument > bytes.length - end) throw new Unsafe();
  if (major === text) return end + argument;
  if (major === list) return endOfItems(bytes, end, { count: argument, depth });
  if (major === map) return endOfEntries(bytes, end, { count: argument, depth });
  throw new Unsafe();
}

interface Items {
  count: number;
  depth: number;
}

function endOfItems(bytes: Buffer, start: number, { count, depth }: Items): number {
  let at = start;
  for (let n = 0; n < count; n++) at = endOfItem(bytes, at, depth + 1);
  return at;
}

function endOfEntries(bytes: Buffer, start: number, { count, depth }: Items): number {
  let at = start;
  for (let n = 0; n < count; n++) at = endOfEntry(bytes, at, depth);
  return at;
}

/** A name is text of a known length. */
function endOfEntry(bytes: Buffer, at: number, depth: number): number {
  const head = bytes[at] ?? 0;
  if (head >> 5 !== text || (head & 31) === indefinite) throw new Unsafe();
  return endOfItem(bytes, endOfItem(bytes, at, depth + 1), depth + 1);
}

function endOfIndefinite(bytes: Buffer, start: number, depth: number): number {
  const major = (bytes[start] ?? 0) >> 5;
  if (major !== text && major !== list && major !== map) throw new Unsafe();
  let at = start + 1;
  while (bytes[at] !== breakByte) {
    if (major === text && (bytes[at] ?? 0) >> 5 !== text) throw new Unsafe();
    at = major === map ? endOfEntry(bytes, at, depth) : endOfItem(bytes, at, depth + 1);
  }
  return at + 1;
}

function argumentAt(bytes: Buffer, at: number): { argument: number; end: number } {
  const minor = (bytes[at] ?? 0) & 31;
  if (minor < 24) return { argument: minor, end: at + 1 };
  const length = argumentBytes[minor];
  const end = at + 1 + (length ?? 0);
  if (length === undefined || end > bytes.length) throw new Unsafe();
  const argument = length === 8 ? Number(bytes.readBigUInt64BE(at + 1)) : bytes.readUIntBE(at + 1, length);
  return { argument, end };
}
