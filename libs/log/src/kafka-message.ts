/**
 * What the messages of the topics of documents hold. Ours hold the documents of one partition that were received together, one
 * after the other without anything between (`jq` reads them so), and say in headers what they are:
 *
 *   fluoroscope-format       1
 *   fluoroscope-count        how many documents
 *   fluoroscope-received-at  epoch milliseconds
 *   fluoroscope-ends         where each document ends, u32 each, little-endian
 *
 * A message without the first header is somebody's own: one document. Position = offset * 4096 + place in the message, so
 * that positions grow with offsets, whatever a message holds, and stay exact integers for 2 trillion messages a partition.
 */
import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { DocumentKind } from './document-kind.js';
import type { DocumentBatch } from './log.js';

/** From one message to the next. */
export const positionsPerMessage = 4_096;
/** Behind them, some positions are nobody's: what is computed again without a new document takes them for its versions. */
export const maxDocumentsPerMessage = 4_000;
const format = '1';
const openBrace = 0x7b;

export interface PackedDocuments {
  bytes: Buffer;
  ends: readonly number[];
  receivedAtMs: number;
}

/** Null value: nothing of ours, `problem` says why. */
export type ReadMessage = { batch: DocumentBatch; isPlain: boolean } | { batch?: undefined; problem: string };

export function messageOf({ bytes, ends, receivedAtMs }: PackedDocuments): { value: Buffer; headers: IHeaders } {
  const headers = {
    'fluoroscope-format': format,
    'fluoroscope-count': String(ends.length),
    'fluoroscope-received-at': String(receivedAtMs),
    'fluoroscope-ends': Buffer.from(Uint32Array.from(ends).buffer),
  };
  return { value: bytes, headers };
}

export function positionOf(offset: number): number {
  return offset * positionsPerMessage;
}

export function offsetOf(position: number): number {
  return Math.floor(position / positionsPerMessage);
}

/** The batch shares the memory of the message. Where no document of somebody's own is expected, `kind` is null. */
export function readMessage(message: KafkaMessage, partition: number, kind: DocumentKind | null): ReadMessage {
  const written = textOf(message.headers, 'fluoroscope-format');
  if (written === null) return kind === null ? { problem: 'without a format' } : readPlain(message, partition, kind);
  return written === format
    ? readPacked(message, partition)
    : { problem: `written in format ${written}, and this version reads ${format}` };
}

function readPlain({ value, offset, timestamp }: KafkaMessage, partition: number, kind: DocumentKind): ReadMessage {
  if (value === null || value.length === 0) return { problem: 'without a value' };
  if (value.find((byte) => byte > 0x20) !== openBrace || !kind.isDocument(value)) return { problem: kind.problem };
  const batch = { partition, position: positionOf(Number(offset)), receivedAtMs: Number(timestamp), bytes: value, lost: 0 };
  return { batch: { ...batch, ends: Uint32Array.of(value.length) }, isPlain: true };
}

function readPacked({ value, offset, headers }: KafkaMessage, partition: number): ReadMessage {
  const receivedAtMs = Number(textOf(headers, 'fluoroscope-received-at') ?? Number.NaN);
  const ends = endsOf(headers?.['fluoroscope-ends']);
  if (value === null || ends === null || !Number.isFinite(receivedAtMs) || ends.at(-1) !== value.length || !grows(ends))
    return { problem: 'headers that do not fit its value' };
  return { batch: { partition, position: positionOf(Number(offset)), receivedAtMs, bytes: value, ends, lost: 0 }, isPlain: false };
}

function textOf(headers: IHeaders | undefined, name: string): string | null {
  const value = headers?.[name];
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : null;
}

/** A copy, because the bytes of a message are not aligned. */
function endsOf(header: IHeaders[string]): Uint32Array | null {
  if (!Buffer.isBuffer(header) || header.length === 0 || header.length % 4 !== 0 || header.length > 4 * positionsPerMessage) return null;
  return new Uint32Array(Uint8Array.from(header).buffer);
}

function grows(ends: Uint32Array): boolean {
  return ends.every((end, at) => end >= (ends[at - 1] ?? 0));
}
