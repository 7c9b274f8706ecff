/**
 * Plain HTTP on the X-Ray port: what SDKs and side-car daemons send here goes on to the api, as AWS's daemon does, but
 * only the write-only operations. Bodies and answers are streamed and unchanged; no content type and no body is asked for. Callers
 * need not sign; where the api wants a signature, it is made with a key of our own, in place of any that came.
 *
 * The api checks `Host` and is given its own, so the check against web pages is made here: a name that is not ours and
 * any `Origin` are refused. Bounds: body size, connections, and time to the api's answer.
 */
import { randomUUID } from 'node:crypto';
import { Agent, createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { request as requestSecurely, Agent as SecureAgent } from 'node:https';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { Transform } from 'node:stream';
import { writeOnlyPaths } from '@fluoroscope/contract/addresses';
import { formatBytes } from '@fluoroscope/format/bytes';
import { formatDuration } from '@fluoroscope/format/format';
import type { Logger } from '@fluoroscope/runtime/logger';
import { type Credentials, signatureHeaders, unsignedPayload } from '@fluoroscope/runtime/sigv4';
import { isAbsentFamily } from './bind.js';
import { Seldom } from './seldom.js';

/** Everything else belongs to the HTTP port. */
const allowedPaths = new Set<string>(writeOnlyPaths);
/** 50 documents of 64 KB, with escapes. */
const maxBodyBytes = 8 * 1024 * 1024;
const maxConnections = 512;
const maxApiConnections = 64;
/** As AWS's daemon. */
const idleTimeoutMs = 30_000;
const requestTimeoutMs = 30_000;
const headersTimeoutMs = 10_000;
const apiTimeoutMs = 10_000;
/** Headers that belong to one connection. */
const connectionHeaders = ['connection', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

export interface TcpForwardOptions {
  hosts: readonly string[];
  port: number;
  apiUrl: string;
  credentials?: Credentials | undefined;
  /** Further names that a `Host` may carry. */
  allowedHosts: readonly string[];
  logger: Logger;
}

interface Refusal {
  status: number;
  type: string;
  message: string;
}

export class TcpForward {
  readonly #servers: Server[] = [];
  readonly #api: URL;
  readonly #agent: Agent;
  readonly #request: typeof request;
  readonly #credentials: Credentials | undefined;
  readonly #names: Set<string>;
  readonly #away: Seldom;
  readonly #full: Seldom;

  private constructor({ apiUrl, credentials, allowedHosts, logger }: TcpForwardOptions) {
    this.#api = new URL(apiUrl);
    const isSecure = this.#api.protocol === 'https:';
    this.#agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: maxApiConnections });
    this.#request = isSecure ? requestSecurely : request;
    this.#credentials = credentials;
    this.#names = new Set(['localhost', hostname().toLowerCase(), ...allowedHosts.map(nameOf)]);
    this.#away = new Seldom((times, details) => logger.warn({ times, ...details }, 'could not forward to the api'));
    this.#full = new Seldom((times) => logger.warn({ times, maxConnections }, 'refused a connection: there are too many'));
  }

  /** Rejects with the system's error when an address cannot be bound, an absent IPv6 apart. */
  static async open(options: TcpForwardOptions): Promise<TcpForward> {
    const forward = new TcpForward(options);
    try {
      for (const host of options.hosts) await forward.#listen(host, options.port);
    } catch (error) {
      await forward.close();
      throw error;
    }
    return forward;
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const server of this.#servers) server.closeAllConnections();
    this.#agent.destroy();
    await Promise.all(closed);
  }

  async #listen(host: string, port: number): Promise<void> {
    const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: headersTimeoutMs, keepAliveTimeout: idleTimeoutMs });
    server.maxConnections = maxConnections;
    server.on('drop', () => this.#full.note());
    server.on('request', (incoming, outgoing) => this.#handle(incoming, outgoing));
    try {
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve));
      this.#servers.push(server);
    } catch (error) {
      if (this.#servers.length === 0 || !isAbsentFamily(error)) throw error;
    }
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const refusal = this.#refuse(incoming);
    if (refusal) refuse(incoming, outgoing, refusal);
    else this.#forward(incoming, outgoing);
  }

  #refuse({ headers, method, url }: IncomingMessage): Refusal | null {
    if (!this.#isOurs(headers.host ?? '') || headers.origin !== undefined) {
      return {
        status: 403,
        type: 'AccessDeniedException',
        message: 'This port answers X-Ray SDKs and daemons only, under a name of this host',
      };
    }
    if (method !== 'POST' || !allowedPaths.has((url ?? '').split('?', 1)[0] ?? '')) {
      return {
        status: 403,
        type: 'AccessDeniedException',
        message: `${method} ${url} is not forwarded: the X-Ray port only takes writes and sampling calls`,
      };
    }
    return Number(headers['content-length'] ?? 0) > maxBodyBytes ? tooLong : null;
  }

  /** An address cannot be rebound by a web page's DNS; a name can. */
  #isOurs(host: string): boolean {
    const name = nameOf(host);
    return isIP(name) !== 0 || this.#names.has(name);
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const headers = this.#headersFor(incoming);
    const url = new URL(incoming.url ?? '/', this.#api);
    const onward = this.#request(url, { method: 'POST', headers, agent: this.#agent, timeout: apiTimeoutMs });
    let decided = false;
    const fail = (refusal: Refusal) => {
      decided = true;
      onward.destroy();
      refuse(incoming, outgoing, refusal);
    };
    onward.on('timeout', () => onward.destroy(new Error(`no answer within ${formatDuration(apiTimeoutMs * 1_000)}`)));
    onward.on('error', (error) => {
      if (decided) return;
      this.#away.note({ err: error });
      fail(apiAway);
    });
    onward.on('response', (answer) => {
      if (decided) return;
      outgoing.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers));
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    outgoing.on('close', () => {
      decided = true;
      onward.destroy();
    });
    incoming.pipe(limited(() => fail(tooLong))).pipe(onward);
  }

  #headersFor({ headers: given, url = '/' }: IncomingMessage): IncomingHttpHeaders {
    const headers: IncomingHttpHeaders = { ...withoutConnection(given), host: this.#api.host };
    const credentials = this.#credentials;
    return credentials === undefined ? headers : { ...headers, ...signatureFor(url, { headers, credentials }) };
  }
}

const tooLong: Refusal = { status: 413, type: 'RequestTooLargeException', message: `A request may have ${formatBytes(maxBodyBytes)}` };
const apiAway: Refusal = { status: 503, type: 'ServiceUnavailableException', message: 'The api does not answer at the moment' };

/**
 * Over what decides what is done, and not over the body, which is not here yet; it only goes to a neighbour or over TLS. The
 * invocation ID makes each signature one of its own.
 */
function signatureFor(url: string, { headers, credentials }: { headers: IncomingHttpHeaders; credentials: Credentials }) {
  for (const name of Object.keys(headers)) if (name === 'authorization' || name.startsWith('x-amz-')) delete headers[name];
  const id = { 'amz-sdk-invocation-id': String(headers['amz-sdk-invocation-id'] ?? randomUUID()) };
  const request = { method: 'POST', url, headers: Object.entries({ host: String(headers.host), ...id }) };
  return { ...id, ...signatureHeaders(request, { payloadHash: unsignedPayload, credentials, nowMs: Date.now() }) };
}

/** Passes a body on, up to the limit. */
function limited(onTooLong: () => void): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) done(null, chunk);
      else onTooLong();
    },
  });
}

/** An error as X-Ray's clients parse it. What has begun to be answered is cut off instead. */
function refuse(incoming: IncomingMessage, outgoing: ServerResponse, { status, type, message }: Refusal): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  // What is left of a body that nobody reads would be taken for the connection's next request.
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': type, ...(incoming.complete ? {} : { connection: 'close' }) };
  outgoing.writeHead(status, headers);
  incoming.unpipe();
  incoming.resume();
  outgoing.end(JSON.stringify({ __type: type, message }));
}

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const dropped = new Set([...connectionHeaders, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

/** The name in a `Host`, without its port and brackets. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
}
