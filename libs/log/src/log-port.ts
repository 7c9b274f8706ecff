/**
 * The log's appender for another thread. The documents of one append travel as one packed buffer whose memory is
 * handed over, not copied; the answer comes back when they are durable.
 *
 * Bounded: bytes that wait for an answer, beyond which the client refuses with `LogFull`. When the log's thread is
 * gone, everything that waits and all that follows is refused with `LogBroken`.
 */
import type { MessagePort } from 'node:worker_threads';
import { formatBytes } from '@fluoroscope/format/bytes';
import { type LogAppender, LogBroken, LogFull } from './log.js';

const defaultMaxInFlightBytes = 32 * 1024 * 1024;

interface AppendMessage {
  id: number;
  receivedAtMs: number;
  bytes: Uint8Array;
  ends: Uint32Array;
}

/** `error` is the name of the error class, null when the documents are durable. */
interface AnswerMessage {
  id: number;
  error: string | null;
  message: string;
}

interface InFlight {
  bytes: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** Appends what the other side sends, and answers each append. */
export function serveLogPort(port: MessagePort, log: LogAppender): void {
  port.on('message', ({ id, receivedAtMs, bytes, ends }: AppendMessage) => {
    const answer = (error: unknown) => port.postMessage(answerOf(id, error));
    log.append(unpack(bytes, ends), receivedAtMs).then(() => answer(null), answer);
  });
}

export class LogPortClient implements LogAppender {
  /** Appends refused because too much waited already. */
  refused = 0;
  readonly #port: MessagePort;
  readonly #maxInFlightBytes: number;
  readonly #inFlight = new Map<number, InFlight>();
  #inFlightBytes = 0;
  #nextId = 0;
  #gone: LogBroken | null = null;

  constructor(port: MessagePort, maxInFlightBytes = defaultMaxInFlightBytes) {
    this.#port = port;
    this.#maxInFlightBytes = maxInFlightBytes;
    port.on('message', (answer: AnswerMessage) => this.#settle(answer.id, errorOf(answer)));
    port.on('close', () => this.#portClosed());
  }

  append(documents: readonly Uint8Array[], receivedAtMs: number): Promise<void> {
    if (documents.length === 0) return Promise.resolve();
    if (this.#gone) return Promise.reject(this.#gone);
    const bytes = documents.reduce((sum, { length }) => sum + length, 0);
    if (this.#inFlightBytes + bytes > this.#maxInFlightBytes) {
      this.refused++;
      return Promise.reject(new LogFull(`${formatBytes(this.#inFlightBytes)} already wait for the log`));
    }
    const id = this.#nextId++;
    const packed = pack(documents, bytes);
    this.#inFlightBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#inFlight.set(id, { bytes, resolve, reject });
      this.#port.postMessage({ id, receivedAtMs, ...packed } satisfies AppendMessage, [packed.bytes.buffer, packed.ends.buffer]);
    });
  }

  close(): void {
    this.#port.close();
  }

  #settle(id: number, error: Error | null): void {
    const waiting = this.#inFlight.get(id);
    if (!waiting) return;
    this.#inFlight.delete(id);
    this.#inFlightBytes -= waiting.bytes;
    if (error) waiting.reject(error);
    else waiting.resolve();
  }

  #portClosed(): void {
    this.#gone = new LogBroken('the log has been closed');
    for (const id of [...this.#inFlight.keys()]) this.#settle(id, this.#gone);
  }
}

function pack(documents: readonly Uint8Array[], bytes: number): { bytes: Uint8Array<ArrayBuffer>; ends: Uint32Array<ArrayBuffer> } {
  const packed = new Uint8Array(bytes);
  const ends = new Uint32Array(documents.length);
  let at = 0;
  documents.forEach((document, index) => {
    packed.set(document, at);
    at += document.length;
    ends[index] = at;
  });
  return { bytes: packed, ends };
}

function unpack(bytes: Uint8Array, ends: Uint32Array): Uint8Array[] {
  let start = 0;
  return Array.from(ends, (end) => {
    const document = bytes.subarray(start, end);
    start = end;
    return document;
  });
}

function answerOf(id: number, error: unknown): AnswerMessage {
  if (error === null) return { id, error: null, message: '' };
  return error instanceof Error ? { id, error: error.name, message: error.message } : { id, error: 'Error', message: String(error) };
}

/** Only `LogFull` may be tried again; what is not known is not. */
function errorOf({ error, message }: AnswerMessage): Error | null {
  if (error === null) return null;
  if (error === 'LogFull') return new LogFull(message);
  return error === 'LogBroken' ? new LogBroken(message) : new Error(message);
}
