/**
 * An HTTP server of one service on a loopback port of its own, and calls between such servers by host name.
 * A server's handler runs inside the segment of its request; a call is captured by the SDK's http capture.
 */
import http from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import type { Segment } from 'aws-xray-sdk-core';
import { asError, type ServiceIdentity, traceRequest } from './tracing.js';

export interface Call {
  method: string;
  path: string;
  segment: Segment;
}

export interface Answer {
  status: number;
  body: unknown;
}

export interface CallOptions {
  method?: string;
  headers?: http.OutgoingHttpHeaders;
}

export type Handler = (call: Call) => Promise<Answer>;

const callTimeoutMs = 5_000;

/** Where each host name of the shop listens. A call to a host that is not here fails, as a missing DNS entry would. */
const ports = new Map<string, number>();

/** The shop's names exist nowhere but here: all of them are this machine. */
const lookup: LookupFunction = (_host, options, found) => {
  if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
};

export async function startTracedServer(identity: ServiceIdentity, handler: Handler): Promise<http.Server> {
  return startServer(identity.name, (request, response) =>
    traceRequest(identity, { request, response }, async (segment) => {
      const answer = await answerOf(handler, { method: request.method ?? 'GET', path: request.url ?? '/', segment });
      send(response, answer);
    }),
  );
}

/** A server that knows nothing of X-Ray: on the map it is what its callers saw of it. */
export async function startPlainServer(name: string, handler: () => Promise<Answer>): Promise<http.Server> {
  return startServer(name, async (_request, response) => send(response, await handler()));
}

export async function stopServer(server: http.Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Calls a service by name and resolves with its status; the body is read to its end and left. */
export function call(host: string, path: string, { method = 'GET', headers = {} }: CallOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const port = ports.get(host);
    if (port === undefined) return reject(new Error(`no service is named ${host}`));
    const request = http.request({ hostname: host, port, path, method, headers, lookup, timeout: callTimeoutMs }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`${host} did not answer within ${callTimeoutMs} ms`)));
    request.on('error', reject);
    request.end();
  });
}

async function startServer(name: string, listener: (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>) {
  const server = http.createServer((request, response) => void listener(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  ports.set(name, (server.address() as AddressInfo).port);
  return server;
}

/** A handler that throws is a fault: 500, with the exception in the segment's cause. */
async function answerOf(handler: Handler, incoming: Call): Promise<Answer> {
  try {
    return await handler(incoming);
  } catch (error) {
    incoming.segment.addError(asError(error));
    return { status: 500, body: { message: 'internal error' } };
  }
}

function send(response: http.ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
