/**
 * Side-car mode: what the daemon receives also goes to another X-Ray endpoint by PutTraceSegments, as AWS's daemon does
 * it: batches of 50, or what has come when nothing came for a second.
 *
 * Bounded: a queue of batches, the oldest dropped when it is full, and a number of requests under way. A batch that
 * fails after its retries is given up. Every document ends as sent or unsent. Requests are signed when there is a key.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { maxDocumentsPerPut } from '@fluoroscope/contract/documents';
import type { Config } from '@fluoroscope/runtime/config';
import type { Logger } from '@fluoroscope/runtime/logger';
import { type Credentials, payloadHashOf, signatureHeaders } from '@fluoroscope/runtime/sigv4';
import { Seldom } from './seldom.js';

const idleFlushMs = 1_000;
const maxQueuedBatches = 20;
const maxRequests = 8;
const requestTimeoutMs = 2_000;
const maxRetries = 2;
const retryDelayMs = 100;

/** What AWS's daemon reports about its requests, counted once per request that failed. */
export interface ConnectionErrors {
  TimeoutCount: number;
  ConnectionRefusedCount: number;
  HTTPCode4XXCount: number;
  HTTPCode5XXCount: number;
  UnknownHostCount: number;
  OtherCount: number;
}

type UploadSettings = Pick<Config, 'uploadUrl' | 'uploadKeyId' | 'uploadSecret' | 'uploadToken' | 'region'>;

export interface UploadTarget {
  url: string;
  /** Without them requests are not signed. */
  credentials?: Credentials | undefined;
}

/** As AWS's daemon, with the key of the environment. */
export function uploadTargetOf(config: UploadSettings): UploadTarget | undefined {
  const { uploadUrl: url, uploadKeyId: id, uploadSecret: secret, uploadToken: sessionToken, region } = config;
  if (url === undefined) return undefined;
  return id === undefined || secret === undefined ? { url } : { url, credentials: { id, secret, sessionToken, region } };
}

export class Uploader {
  sent = 0;
  unsent = 0;
  readonly errors: ConnectionErrors = noConnectionErrors();
  readonly #url: string;
  readonly #credentials: Credentials | undefined;
  readonly #failed: Seldom;
  readonly #decoder = new TextDecoder();
  readonly #queue: string[][] = [];
  readonly #requests = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #collecting: string[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor({ url, credentials }: UploadTarget, logger: Logger) {
    this.#url = `${url}/TraceSegments`;
    this.#credentials = credentials;
    this.#failed = new Seldom((times, details) => logger.warn({ times, url, ...details }, 'could not upload segments'));
  }

  add(document: Uint8Array): void {
    this.#collecting.push(this.#decoder.decode(document));
    if (this.#collecting.length >= maxDocumentsPerPut) this.#enqueue();
    else if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#enqueue(), idleFlushMs);
  }

  /** Uploads what is left; what is not sent within the time counts as unsent. */
  async close(limitMs: number): Promise<void> {
    this.#enqueue();
    const late = setTimeout(() => this.#stop.abort(), limitMs);
    while (this.#requests.size > 0) await Promise.all(this.#requests);
    clearTimeout(late);
  }

  #enqueue(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#collecting.length === 0) return;
    this.#queue.push(this.#collecting);
    this.#collecting = [];
    if (this.#queue.length > maxQueuedBatches) this.unsent += this.#queue.shift()?.length ?? 0;
    if (this.#requests.size >= maxRequests) return;
    const worker = this.#work().finally(() => this.#requests.delete(worker));
    this.#requests.add(worker);
  }

  async #work(): Promise<void> {
    for (let batch = this.#queue.shift(); batch; batch = this.#queue.shift()) {
      const unprocessed = await this.#upload(batch);
      const unsent = Math.min(unprocessed ?? batch.length, batch.length);
      this.unsent += unsent;
      this.sent += batch.length - unsent;
    }
  }

  /** How many documents the other side refused; null when the batch could not be sent at all. */
  async #upload(batch: readonly string[]): Promise<number | null> {
    const body = JSON.stringify({ TraceSegmentDocuments: batch });
    // The same for every attempt: a retry of what had arrived is then the same write.
    const invocationId = randomUUID();
    for (let attempt = 0; ; attempt++) {
      const answer = await postJson({ url: this.#url, credentials: this.#credentials, body, invocationId, stop: this.#stop.signal });
      if ('unprocessed' in answer) return answer.unprocessed;
      this.errors[answer.error]++;
      this.#failed.note({ problem: answer.problem });
      if (!answer.mayRetry || attempt >= maxRetries || this.#stop.signal.aborted) return null;
      await delay(retryDelayMs * 2 ** attempt);
    }
  }
}

function signature(
  url: string,
  { body, invocationId, credentials }: Required<Pick<Post, 'body' | 'invocationId'>> & { credentials: Credentials },
) {
  const { host, pathname } = new URL(url);
  const headers = Object.entries({ host, 'amz-sdk-invocation-id': invocationId });
  return signatureHeaders(
    { method: 'POST', url: pathname, headers },
    { payloadHash: payloadHashOf(Buffer.from(body)), credentials, nowMs: Date.now() },
  );
}

interface Failure {
  error: keyof ConnectionErrors;
  problem: string;
  mayRetry: boolean;
}

interface Post {
  url: string;
  credentials?: Credentials | undefined;
  body: string;
  invocationId: string;
  stop?: AbortSignal;
}

/** One request to an X-Ray endpoint, in the way of AWS's daemon. */
export async function postJson({ url, credentials, body, invocationId, stop }: Post): Promise<{ unprocessed: number } | Failure> {
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const headers = {
    'content-type': 'application/json',
    'x-amzn-xray-timestamp': (Date.now() / 1000).toFixed(9),
    'amz-sdk-invocation-id': invocationId,
    'user-agent': 'fluoroscope xray-agent/xray-daemon',
  };
  const signed = credentials === undefined ? headers : { ...headers, ...signature(url, { body, invocationId, credentials }) };
  try {
    const answer = await fetch(url, { method: 'POST', headers: signed, body, signal: stop ? AbortSignal.any([timeout, stop]) : timeout });
    const text = await answer.text();
    return answer.ok ? { unprocessed: countUnprocessed(text) } : refusal(answer.status, text);
  } catch (error) {
    return connectionFailure(error);
  }
}

export function noConnectionErrors(): ConnectionErrors {
  return { TimeoutCount: 0, ConnectionRefusedCount: 0, HTTPCode4XXCount: 0, HTTPCode5XXCount: 0, UnknownHostCount: 0, OtherCount: 0 };
}

function refusal(status: number, text: string): Failure {
  const error = status >= 500 ? 'HTTPCode5XXCount' : 'HTTPCode4XXCount';
  return { error, problem: `${status} ${text.slice(0, 200)}`, mayRetry: status >= 500 || status === 429 };
}

function connectionFailure(error: unknown): Failure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const counters: Record<string, keyof ConnectionErrors> = {
    ECONNREFUSED: 'ConnectionRefusedCount',
    ENOTFOUND: 'UnknownHostCount',
    EAI_AGAIN: 'UnknownHostCount',
  };
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  return { error: isTimeout ? 'TimeoutCount' : (counters[code] ?? 'OtherCount'), problem: String(cause), mayRetry: true };
}

function countUnprocessed(text: string): number {
  try {
    const list = (JSON.parse(text) as { UnprocessedTraceSegments?: unknown } | null)?.UnprocessedTraceSegments;
    return Array.isArray(list) ? list.length : 0;
  } catch {
    return 0;
  }
}
