/**
 * What X-Ray SDKs talk to: UDP datagrams go into the log, TCP requests on the same port go on to the api.
 *
 * It runs in a thread or process of its own, so that nothing else keeps it from the socket. A datagram is never answered
 * and its body never parsed. Every datagram is counted: received = appended + rejected + spilledOver + inHand. With the
 * disk log it lives in the process tree that owns the log; as a process apart it needs Kafka.
 */
import { hostname } from 'node:os';
import type { DaemonCounters, Rejection } from '@fluoroscope/contract/counters';
import type { LogAppender } from '@fluoroscope/log/log';
import type { Logger } from '@fluoroscope/runtime/logger';
import type { Credentials } from '@fluoroscope/runtime/sigv4';
import { isOtlpBody, readDatagram } from '@fluoroscope/xray/datagram';
import { BindError, bindError, isTaken } from './bind.js';
import { DocumentBuffer } from './document-buffer.js';
import { Seldom } from './seldom.js';
import { TcpForward } from './tcp-forward.js';
import { Telemetry, type TelemetryIdentity } from './telemetry.js';
import { UdpReceiver } from './udp.js';
import { noConnectionErrors, Uploader, type UploadTarget } from './upload.js';

export { type UploadTarget, uploadTargetOf } from './upload.js';

const newline = 0x0a;
const carriageReturn = 0x0d;
/** A free UDP port may be taken for TCP. */
const maxFreePortAttempts = 10;
const uploadCloseLimitMs = 1_500;
const maxHostname = 255;

export interface DaemonOptions {
  hosts: string[];
  /** 0: any port that is free for UDP and TCP. */
  port: number;
  log: LogAppender;
  logger: Logger;
  /** Most bytes of documents between the socket and the log. */
  bufferBytes: number;
  /** Where TCP requests and telemetry go. */
  apiUrl: string;
  /** Our own key, where the api lets in only what is signed. */
  credentials?: Credentials | undefined;
  /** Further names that a request's `Host` may carry. */
  allowedHosts?: string[];
  /** Side-car mode: where everything is uploaded to as well. */
  upload?: UploadTarget;
  /** What telemetry says of this daemon. */
  identity?: TelemetryIdentity;
}

export interface Daemon {
  readonly port: number;
  counters(): DaemonCounters;
  /** Stops receiving, then appends, uploads and reports what is in hand. */
  close(): Promise<void>;
}

/** Rejects with `BindError`, a line for the user, when the port cannot be had. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const intake = new Intake(options);
  const { udp, tcp } = await bindPort(options, intake);
  const telemetry = new Telemetry({
    url: options.upload?.url ?? options.apiUrl,
    credentials: (options.upload ?? options).credentials,
    identity: options.identity ?? { EC2InstanceId: '', Hostname: hostname().slice(0, maxHostname), ResourceARN: '' },
    totals: () => intake.totals(),
    logger: options.logger,
  });
  const close = async () => {
    await udp.close(() => intake.received);
    await tcp.close();
    await intake.close();
    await telemetry.close();
  };
  let closed: Promise<void> | null = null;
  return {
    port: udp.port,
    counters: () => intake.counters(udp),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** From a datagram to a document in the buffer, or to a counter. */
class Intake {
  received = 0;
  #rejected = 0;
  #otlp = 0;
  #lastRejection: Rejection | null = null;
  /** How often each was the reason since the log last told. */
  readonly #reasons = new Map<string, number>();
  readonly #buffer: DocumentBuffer;
  readonly #uploader: Uploader | null;
  readonly #rejections: Seldom;
  readonly #spills: Seldom;

  constructor({ log, logger, bufferBytes, upload }: DaemonOptions) {
    this.#rejections = new Seldom((times) => {
      logger.warn({ times, reasons: Object.fromEntries(this.#reasons) }, 'rejected a datagram');
      this.#reasons.clear();
    });
    this.#spills = new Seldom((times, details) => logger.warn({ times, ...details }, 'spilled over: segments were dropped'));
    const onSpill = (documents: number, error?: unknown) =>
      this.#spills.note({ documents, ...(error === undefined ? {} : { err: error }) });
    this.#buffer = new DocumentBuffer({ log, maxBytes: bufferBytes, onSpill });
    this.#uploader = upload ? new Uploader(upload, logger) : null;
  }

  take(datagram: Buffer): void {
    if (datagram.length === 0) return;
    this.received++;
    const read = readDatagram(datagram);
    if ('rejected' in read) {
      this.#reject(read.rejected);
      return;
    }
    if (isOtlpBody(datagram, read.bodyStart)) {
      this.#otlp++;
      this.#reject('OTLP body (T1S, T1U), which is not decoded');
      return;
    }
    const end = bodyEnd(datagram, read.bodyStart);
    if (end === read.bodyStart) {
      this.#reject('missing header or segment');
      return;
    }
    const document = datagram.subarray(read.bodyStart, end);
    this.#buffer.add(document);
    this.#uploader?.add(document);
  }

  async close(): Promise<void> {
    await Promise.all([this.#buffer.drain(), this.#uploader?.close(uploadCloseLimitMs)]);
  }

  counters(udp: UdpReceiver): DaemonCounters {
    const { appended, spilledOver, inHand } = this.#buffer;
    return {
      port: udp.port,
      received: this.received,
      appended,
      rejected: this.#rejected,
      spilledOver,
      inHand,
      otlp: this.#otlp,
      kernelDrops: udp.kernelDrops(),
      receiveBufferBytes: udp.receiveBufferBytes,
      sent: this.#uploader?.sent ?? 0,
      unsent: this.#uploader?.unsent ?? 0,
      lastRejection: this.#lastRejection,
    };
  }

  /** What is in the log counts as sent, unless another address is what it is sent to. */
  totals() {
    const { appended, spilledOver } = this.#buffer;
    return {
      received: this.received,
      sent: this.#uploader?.sent ?? appended,
      spilledOver,
      rejected: this.#rejected,
      connectionErrors: this.#uploader?.errors ?? noConnectionErrors(),
    };
  }

  #reject(reason: string): void {
    this.#rejected++;
    this.#lastRejection = { reason, at: Date.now() };
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    this.#rejections.note();
  }
}

/** One port number for UDP and TCP on every host; when any free one will do, several are tried. */
async function bindPort(options: DaemonOptions, intake: Intake): Promise<{ udp: UdpReceiver; tcp: TcpForward }> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bindOnce(options, intake);
    } catch (error) {
      const another = options.port === 0 && error instanceof BindError && isTaken(error.cause) && attempt < maxFreePortAttempts;
      if (!another) throw error;
    }
  }
}

async function bindOnce(options: DaemonOptions, intake: Intake): Promise<{ udp: UdpReceiver; tcp: TcpForward }> {
  const { hosts, logger, apiUrl, credentials, allowedHosts = [] } = options;
  const onDatagram = (bytes: Buffer) => intake.take(bytes);
  const udp = await UdpReceiver.open({ hosts, port: options.port, logger, onDatagram }).catch((error) => {
    throw bindError(error, { transport: 'UDP', hosts, port: options.port });
  });
  try {
    return { udp, tcp: await TcpForward.open({ hosts, port: udp.port, apiUrl, credentials, allowedHosts, logger }) };
  } catch (error) {
    await udp.close(() => intake.received);
    throw bindError(error, { transport: 'TCP', hosts, port: udp.port });
  }
}

/** SDKs end a document with a newline or not; it is no part of the document. */
function bodyEnd(bytes: Uint8Array, start: number): number {
  let end = bytes.length;
  while (end > start && (bytes[end - 1] === newline || bytes[end - 1] === carriageReturn)) end--;
  return end;
}
