import type { DocumentBatch } from '@fluoroscope/log/log';

/** The documents of a batch in their order; `raw` shares its memory. */
export function eachDocument({ bytes, ends, position }: DocumentBatch, take: (raw: Buffer, position: number) => void): void {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  for (const [at, end] of ends.entries()) {
    take(all.subarray(start, end), position + at);
    start = end;
  }
}
