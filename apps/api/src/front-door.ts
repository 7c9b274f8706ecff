/**
 * One HTTP server for each address that we bind, all on one port and all in front of the same application. Every request
 * and every websocket handshake passes here: it is counted, gets its request ID, and is refused with 403 when it is not
 * for this installation (see site.ts). The application's own server never listens.
 *
 * With a certificate the port speaks HTTPS only, and a port of loopback that the system chooses speaks HTTP, for the
 * processes of our own tree, which could not check the name in the certificate. Under `sigv4` a websocket is opened, and
 * kept open, only for who may read.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { maxLiveClients } from '@fluoroscope/contract/live';
import { type AllowedHosts, refusalOf } from '@fluoroscope/runtime/site';
import type { Gate } from './access/gate.js';
import type { ApiTally } from './counters.js';
import { AwsError, errorTypeHeader, requestIdHeader } from './protocol/errors.js';
import type { ApiLogger } from './tokens.js';

/** Longer than SDKs keep an idle connection, so that it is never we who close one that is about to be used. */
const keepAliveTimeoutMs = 72_000;
/** What requests in flight are given when we close. */
const closeGraceMs = 1_000;

/** Live clients, and those that have not yet said what they want. The gateway's own bound answers with an event. */
const maxWebsockets = maxLiveClients + 100;

/** How soon a websocket ends whose key or session has ended. */
const recheckMs = 5_000;
const nothing = new Uint8Array();

/** In PEM. */
export interface Certificate {
  cert: Buffer;
  key: Buffer;
}

export interface FrontDoorOptions {
  /** The first must bind; another one that the machine does not have (no IPv6) is left out with a warning. */
  hosts: readonly string[];
  /** 0 lets the system choose; every host gets the same. */
  port: number;
  certificate: Certificate | undefined;
  allowed: AllowedHosts;
  /** Null where everybody is let in. */
  gate: Gate | null;
  /** The application's server, which handles what is let in. */
  application: Server;
  tally: ApiTally;
  logger: ApiLogger;
}

export class FrontDoor {
  readonly #servers: (Server | SecureServer)[] = [];
  readonly #options: FrontDoorOptions;
  /** Knows of no upgrade, so that it answers as if none were offered. It does not listen. */
  readonly #plain: Server;
  readonly #plainSockets = new Set<Duplex>();
  readonly #websockets = new Map<Duplex, IncomingMessage>();
  readonly #recheck: NodeJS.Timeout;
  url = '';
  localUrl = '';

  private constructor(options: FrontDoorOptions) {
    this.#options = options;
    this.#plain = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (request, response) => this.#request(request, response));
    this.#recheck = setInterval(() => this.#endRefused(), recheckMs).unref();
  }

  /** Rejects with the system's error when the first address, or a port that is taken, cannot be bound. */
  static async open(options: FrontDoorOptions): Promise<FrontDoor> {
    const door = new FrontDoor(options);
    try {
      await door.#listenAll();
    } catch (error) {
      await door.close();
      throw error;
    }
    return door;
  }

  /** For connections from now on. */
  renew(certificate: Certificate): void {
    for (const server of this.#servers) if ('setSecureContext' in server) server.setSecureContext(certificate);
  }

  async close(): Promise<void> {
    clearInterval(this.#recheck);
    const closed = this.#servers.map((server) => once(server, 'close'));
    for (const server of this.#servers) server.close();
    const timer = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
      for (const socket of this.#plainSockets) socket.destroy();
    }, closeGraceMs);
    await Promise.all(closed);
    clearTimeout(timer);
  }

  async #listenAll(): Promise<void> {
    const { certificate, hosts } = this.#options;
    const [first = '127.0.0.1', ...others] = hosts;
    const port = await this.#listen({ host: first, port: this.#options.port, certificate });
    this.url = `${certificate === undefined ? 'http' : 'https'}://${first.includes(':') ? `[${first}]` : first}:${port}`;
    this.localUrl = certificate === undefined ? this.url : `http://127.0.0.1:${await this.#listen({ host: '127.0.0.1', port: 0 })}`;
    for (const host of others) {
      try {
        await this.#listen({ host, port, certificate });
      } catch (error) {
        if (!isAbsentAddress(error)) throw error;
        this.#options.logger.warn({ host }, 'this machine has no such address; it is not bound');
      }
    }
  }

  async #listen({ host, port, certificate }: { host: string; port: number; certificate?: Certificate | undefined }): Promise<number> {
    const options = { keepAliveTimeout: keepAliveTimeoutMs };
    const server = certificate === undefined ? createServer(options) : createSecureServer({ ...options, ...certificate });
    server.on('request', (request, response) => this.#request(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.listen({ host, port, ipv6Only: host.includes(':') });
    await once(server, 'listening');
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    this.#options.tally.requests++;
    const requestId = randomUUID();
    request.headers[requestIdHeader] = requestId;
    response.setHeader(requestIdHeader, requestId);
    const refusal = refusalOf(request, this.#options.allowed);
    if (refusal === null) this.#options.application.emit('request', request, response);
    else this.#refuse(response, refusal);
  }

  #refuse(response: ServerResponse, reason: string): void {
    this.#options.tally.refusedSites++;
    const error = new AwsError('AccessDeniedException', reason);
    response.writeHead(error.status, { 'content-type': 'application/json', [errorTypeHeader]: error.code, connection: 'close' });
    response.end(JSON.stringify(error));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      this.#serveWithoutUpgrade(request, socket, head);
      return;
    }
    const refusal = refusalOf(request, this.#options.allowed);
    if (refusal !== null) {
      this.#options.tally.refusedSites++;
      refuseUpgrade(socket, '403 Forbidden', refusal);
    } else if (this.#websockets.size >= maxWebsockets) {
      this.#options.tally.refusedLiveClients++;
      refuseUpgrade(socket, '503 Service Unavailable', 'Too many websockets are open');
    } else this.#open(request, socket, head);
  }

  #open(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      this.#options.gate?.admit(request, nothing);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      refuseUpgrade(socket, '403 Forbidden', error.message);
      return;
    }
    this.#websockets.set(socket, request);
    socket.once('close', () => this.#websockets.delete(socket));
    this.#options.application.emit('upgrade', request, socket, head);
  }

  #endRefused(): void {
    for (const [socket, request] of this.#websockets) if (this.#options.gate?.holds(request) === false) socket.destroy();
  }

  /** Java's own client offers HTTP/2 on its first request, with the body behind it. An offer may be ignored. */
  #serveWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): void {
    const lines = [`${method} ${url} HTTP/${httpVersion}`];
    for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
    this.#plainSockets.add(socket);
    socket.once('close', () => this.#plainSockets.delete(socket));
    this.#plain.emit('connection', socket);
  }
}

function refuseUpgrade(socket: Duplex, status: string, reason: string): void {
  socket.on('error', () => {});
  const headers = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length}`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${reason}`);
}

function isAbsentAddress(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}
