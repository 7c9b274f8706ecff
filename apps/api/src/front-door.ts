/**
 * One HTTP server for each address that we bind, all on one port and all in front of the same application. Every request
 * and every websocket handshake passes here: it is counted, gets its request ID, and is refused with 403 when it is not
 * for this installation (see site.ts). The application's own server never listens.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { maxLiveClients } from '@fluoroscope/contract/live';
import type { ApiTally } from './counters.js';
import { AwsError, errorTypeHeader, requestIdHeader } from './protocol/errors.js';
import { type AllowedHosts, refusalOf } from './site.js';
import type { ApiLogger } from './tokens.js';

/** Longer than SDKs keep an idle connection, so that it is never we who close one that is about to be used. */
const keepAliveTimeoutMs = 72_000;
/** What requests in flight are given when we close. */
const closeGraceMs = 1_000;

/** Live clients, and those that have not yet said what they want. The gateway's own bound answers with an event. */
const maxWebsockets = maxLiveClients + 100;

export interface FrontDoorOptions {
  /** The first must bind; another one that the machine does not have (no IPv6) is left out with a warning. */
  hosts: readonly string[];
  /** 0 lets the system choose; every host gets the same. */
  port: number;
  allowed: AllowedHosts;
  /** The application's server, which handles what is let in. */
  application: Server;
  tally: ApiTally;
  logger: ApiLogger;
}

export class FrontDoor {
  readonly #servers: Server[] = [];
  readonly #options: FrontDoorOptions;
  /** Knows of no upgrade, so that it answers as if none were offered. It does not listen. */
  readonly #plain: Server;
  readonly #plainSockets = new Set<Duplex>();
  #websockets = 0;
  url = '';

  private constructor(options: FrontDoorOptions) {
    this.#options = options;
    this.#plain = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (request, response) => this.#request(request, response));
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

  async close(): Promise<void> {
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
    const [first = '127.0.0.1', ...others] = this.#options.hosts;
    const port = await this.#listen(first, this.#options.port);
    this.url = `http://${first.includes(':') ? `[${first}]` : first}:${port}`;
    for (const host of others) {
      try {
        await this.#listen(host, port);
      } catch (error) {
        if (!isAbsentAddress(error)) throw error;
        this.#options.logger.warn({ host }, 'this machine has no such address; it is not bound');
      }
    }
  }

  async #listen(host: string, port: number): Promise<number> {
    const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs });
    server.on('request', (request, response) => this.#request(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.listen({ host, port, ipv6Only: host.includes(':') });
    await once(server, 'listening');
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    this.#options.tally.requests++;
    response.setHeader(requestIdHeader, randomUUID());
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
    } else if (this.#websockets >= maxWebsockets) {
      this.#options.tally.refusedLiveClients++;
      refuseUpgrade(socket, '503 Service Unavailable', 'Too many websockets are open');
    } else {
      this.#websockets++;
      socket.once('close', () => this.#websockets--);
      this.#options.application.emit('upgrade', request, socket, head);
    }
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
