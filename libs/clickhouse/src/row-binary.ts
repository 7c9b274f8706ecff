/**
 * Writes ClickHouse RowBinary, row by row, into one growing buffer: encoding a whole batch at once would block the event
 * loop for tens of milliseconds.
 */

const firstBytes = 64 * 1024;
/** A batch of ordinary documents fits; growing to it again and again would cost more than the rest of the encoding. */
const keptBytes = 32 * 1024 * 1024;
const two32 = 2 ** 32;
/** Its length is one byte. */
const shortLength = 48;

export class RowBinary {
  rows = 0;
  private buffer: Buffer;
  private at = 0;

  constructor(capacityBytes = firstBytes) {
    this.buffer = Buffer.allocUnsafe(capacityBytes);
  }

  /** What was written; valid until the next write. */
  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.at);
  }

  /** Starts over in the same memory, unless that has grown beyond `keptBytes`. */
  clear(): void {
    this.rows = 0;
    this.at = 0;
    if (this.buffer.length > keptBytes) this.buffer = Buffer.allocUnsafe(firstBytes);
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.at = this.buffer.writeUInt16LE(value, this.at);
  }

  u32(value: number): void {
    this.reserve(4);
    this.at = this.buffer.writeUInt32LE(value >>> 0, this.at);
  }

  /** A UInt64 by its two halves. */
  u64(high: number, low: number): void {
    this.reserve(8);
    this.at = this.buffer.writeUInt32LE(low >>> 0, this.at);
    this.at = this.buffer.writeUInt32LE(high >>> 0, this.at);
  }

  /** A UInt64 from a whole number below 2^53. */
  u64Number(value: number): void {
    this.u64(Math.floor(value / two32), value % two32);
  }

  f64(value: number): void {
    this.reserve(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  /** An Array(Float64). */
  f64s(values: readonly number[]): void {
    this.varUint(values.length);
    for (const value of values) this.f64(value);
  }

  /** 16 bytes, most significant first, as a FixedString(16) that sorts like the hex text. */
  fixed16(words: readonly [number, number, number, number]): void {
    this.reserve(16);
    for (const word of words) this.at = this.buffer.writeUInt32BE(word >>> 0, this.at);
  }

  string(value: string): void {
    if (value.length <= shortLength && this.shortText(value)) return;
    const length = Buffer.byteLength(value);
    this.varUint(length);
    this.reserve(length);
    this.at += this.buffer.write(value, this.at, length, 'utf8');
  }

  /** Most texts are short and plain ASCII: a loop is faster than the way into native code. False, and nothing written, for others. */
  private shortText(value: string): boolean {
    this.reserve(1 + value.length);
    const { buffer } = this;
    let at = this.at + 1;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      buffer[at++] = code;
    }
    buffer[this.at] = value.length;
    this.at = at;
    return true;
  }

  /** An Array(String). */
  strings(values: readonly string[]): void {
    this.varUint(values.length);
    for (const value of values) this.string(value);
  }

  /** An Array of Tuples of two Strings. */
  pairs<Item>(items: readonly Item[], textsOf: (item: Item) => readonly [string, string]): void {
    this.varUint(items.length);
    for (const item of items) for (const text of textsOf(item)) this.string(text);
  }

  /** A String column from bytes as they are. */
  blob(bytes: Uint8Array): void {
    this.varUint(bytes.length);
    this.raw(bytes);
  }

  /** Bytes that are encoded already. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  private varUint(value: number): void {
    this.reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.at++] = rest;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes));
    larger.set(this.bytes());
    this.buffer = larger;
  }
}
