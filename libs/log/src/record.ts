/**
 * One record of the disk log: the documents of one append, with a checksum.
 *
 *   u32 body length | u32 checksum | u64 position | f64 receivedAtMs | u32 count | u32 ends[count] | documents
 *
 * Little-endian. The checksum is a CRC-32 of everything behind it, started from the log's own random seed: a document
 * that carries the bytes of a record can therefore never be taken for one when a reader looks for the next record
 * behind damage. The length is not covered by it, because a wrong length makes the checksum wrong as well.
 */
import { crc32 } from 'node:zlib';
import type { DocumentBatch } from './log.js';

const lengthBytes = 4;
/** Length and checksum. */
const prefixBytes = 8;
/** Everything before `ends`. */
const headBytes = 28;
/** An API request is at most 8 MB and a daemon's batch 256 KB; what is longer than this is damage. */
export const maxRecordBytes = 16 * 1024 * 1024;
const twoTo32 = 2 ** 32;

/** Size on disk of the record of these documents. */
export function recordBytes(documents: readonly Uint8Array[]): number {
  let bytes = headBytes + 4 * documents.length;
  for (const document of documents) bytes += document.length;
  return bytes;
}

/** Copies the documents into a record of `bytes` (from `recordBytes`). It is not complete before `sealRecord`. */
export function encodeRecord(documents: readonly Uint8Array[], receivedAtMs: number, bytes: number): Buffer {
  const record = Buffer.allocUnsafeSlow(bytes);
  record.writeUInt32LE(bytes - prefixBytes, 0);
  record.writeDoubleLE(receivedAtMs, 16);
  record.writeUInt32LE(documents.length, 24);
  const start = headBytes + 4 * documents.length;
  let at = start;
  let endAt = headBytes;
  for (const document of documents) {
    record.set(document, at);
    at += document.length;
    endAt = record.writeUInt32LE(at - start, endAt);
  }
  return record;
}

/** Gives the record its position, which is known only when its turn to be written has come, and its checksum. */
export function sealRecord(record: Buffer, position: number, seed: number): void {
  record.writeUInt32LE(position % twoTo32, 8);
  record.writeUInt32LE(Math.floor(position / twoTo32), 12);
  record.writeUInt32LE(crc32(record.subarray(prefixBytes), seed), lengthBytes);
}

/** Size on disk of the record that begins at `offset`, by its length alone; 0 when no record can begin there. */
export function recordBytesAt(bytes: Buffer, offset: number): number {
  if (offset + lengthBytes > bytes.length) return 0;
  const total = bytes.readUInt32LE(offset) + prefixBytes;
  return total < headBytes + 4 || total > maxRecordBytes ? 0 : total;
}

/** A batch that shares the memory of `bytes`, and its size on disk; null when there is no whole, undamaged record at `offset`. */
export function decodeRecord(bytes: Buffer, offset: number, seed: number): { batch: DocumentBatch; recordBytes: number } | null {
  if (!isPlausible(bytes, offset)) return null;
  const total = recordBytesAt(bytes, offset);
  const body = bytes.subarray(offset + prefixBytes, offset + total);
  if (crc32(body, seed) !== bytes.readUInt32LE(offset + lengthBytes)) return null;
  const count = bytes.readUInt32LE(offset + 24);
  const start = offset + headBytes + 4 * count;
  return {
    recordBytes: total,
    batch: {
      partition: 0,
      position: positionAt(bytes, offset),
      receivedAtMs: bytes.readDoubleLE(offset + 16),
      bytes: bytes.subarray(start, offset + total),
      ends: endsAt(bytes, offset + headBytes, count),
      lost: 0,
    },
  };
}

/** Offset of the first undamaged record at or behind `from` that holds documents at or behind `position`; -1 when there is none. */
export function findRecord(bytes: Buffer, from: number, { position, seed }: { position: number; seed: number }): number {
  for (let offset = from; offset + headBytes <= bytes.length; offset++) {
    if (!isPlausible(bytes, offset)) continue;
    const found = decodeRecord(bytes, offset, seed);
    if (found && found.batch.position + found.batch.ends.length > position) return offset;
  }
  return -1;
}

/** The part of a batch at and behind `position`. */
export function batchFrom(batch: DocumentBatch, position: number): DocumentBatch {
  const skipped = position - batch.position;
  const start = batch.ends[skipped - 1];
  if (start === undefined) return batch;
  const ends = batch.ends.slice(skipped).map((end) => end - start);
  return { ...batch, position, bytes: batch.bytes.subarray(start), ends };
}

/** Cheap checks that all but exclude a record, so that a search computes few checksums. */
function isPlausible(bytes: Buffer, offset: number): boolean {
  const total = recordBytesAt(bytes, offset);
  if (total === 0 || offset + total > bytes.length) return false;
  const count = bytes.readUInt32LE(offset + 24);
  if (count === 0 || headBytes + 4 * count > total) return false;
  const documentBytes = total - headBytes - 4 * count;
  return bytes.readUInt32LE(offset + headBytes + 4 * (count - 1)) === documentBytes && Number.isSafeInteger(positionAt(bytes, offset));
}

function positionAt(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset + 8) + bytes.readUInt32LE(offset + 12) * twoTo32;
}

/** A copy, because the bytes on disk are not aligned. */
function endsAt(bytes: Buffer, offset: number, count: number): Uint32Array {
  const start = bytes.byteOffset + offset;
  return new Uint32Array(bytes.buffer.slice(start, start + 4 * count) as ArrayBuffer);
}
