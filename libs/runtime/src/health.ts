/**
 * `/livez`, `/healthz` and `/metrics` of a process that serves nothing else over HTTP, and of one that is still starting. Only GET,
 * no body, and only for a `Host` that is ours.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsContentType, metricsText } from './counters.js';
import { httpPortProblem } from './http-port.js';
import { type AllowedHosts, allowedHostsOf, refusalOf } from './site.js';

export interface HealthReport {
  /** `unavailable`: this process cannot do its own part, or has not finished starting. */
  status: 'ok' | 'degraded' | 'unavailable';
  /** Of an unavailable process: why, for a person. */
  reason?: string;
  /** What the process leans on, by name. */
  parts: Record<string, unknown>;
}

/** Of a process whose parts each say `ok` or what is wrong; it cannot do its own without those in `needed`. */
export function healthOf(parts: Record<string, string>, needed: readonly string[]): HealthReport {
  const missing = needed.find((name) => parts[name] !== 'ok');
  if (missing !== undefined) return { status: 'unavailable', reason: `${missing}: ${parts[missing]}`, parts };
  return { status: Object.values(parts).every((part) => part === 'ok') ? 'ok' : 'degraded', parts };
}

/** Of several that tell since when they are in trouble: since when one of them is; null while all is well. */
export function earliestOf(sinceMs: readonly (number | null)[]): number | null {
  const known = sinceMs.filter((since) => since !== null);
  return known.length === 0 ? null : Math.min(...known);
}

export interface HealthServerOptions {
  /** Addresses to bind; the first must be there. */
  hosts: readonly string[];
  /** 0: any free port. */
  httpPort: number;
  allowedHosts: readonly string[];
  health: () => HealthReport;
}

const maxConnections = 64;
const requestTimeoutMs = 5_000;
const absentFamily = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

export class HealthServer {
  port = 0;
  readonly #servers: Server[] = [];
  readonly #allowed: AllowedHosts;
  readonly #health: () => HealthReport;

  readonly #hosts: readonly string[];

  private constructor({ hosts, allowedHosts, health }: HealthServerOptions) {
    this.#hosts = hosts;
    this.#allowed = allowedHostsOf(hosts, allowedHosts);
    this.#health = health;
  }

  /** Rejects with one line for the user when the port cannot be had. */
  static async open(options: HealthServerOptions): Promise<HealthServer> {
    const server = new HealthServer(options);
    try {
      for (const host of options.hosts) await server.#listen(host, server.port || options.httpPort);
      return server;
    } catch (error) {
      await server.close();
      throw httpPortProblem(error, options);
    }
  }

  /** Of the first address. */
  get url(): string {
    const [host = ''] = this.#hosts;
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(closed);
  }

  async #listen(host: string, port: number): Promise<void> {
    const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => void this.#answer(request, response));
    server.maxConnections = maxConnections;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, resolve);
      });
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error && absentFamily.has(String(error.code));
      if (this.#servers.length === 0 || !isAbsent) throw error;
      return;
    }
    this.#servers.push(server);
    this.port = (server.address() as AddressInfo).port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const refusal = refusalOf(request, this.#allowed);
    if (refusal !== null) return send(response, 403, { message: refusal });
    const path = request.method === 'GET' ? new URL(request.url ?? '/', 'http://self').pathname : '';
    if (path === '/livez') return send(response, 200, { status: 'ok' });
    if (path === '/metrics') return sendText(response, { status: 200, type: metricsContentType, text: await metricsText() });
    if (path !== '/healthz') return send(response, 404, { message: 'This process serves /livez, /healthz and /metrics' });
    const report = this.#health();
    send(response, report.status === 'unavailable' ? 503 : 200, report);
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  sendText(response, { status, type: 'application/json', text: JSON.stringify(body) });
}

function sendText(response: ServerResponse, { status, type, text }: { status: number; type: string; text: string }): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}
