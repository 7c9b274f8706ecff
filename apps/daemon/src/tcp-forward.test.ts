import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { createLogger } from '@fluoroscope/runtime/logger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TcpForward } from './tcp-forward.js';

const logger = createLogger({ name: 'test', level: 'silent' });
let api: Server;
let seen: { method?: string; url?: string; headers: IncomingHttpHeaders; body: string }[];
let forward: TcpForward;
let port: number;

beforeEach(async () => {
  seen = [];
  api = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk) => {
      body += chunk;
    });
    incoming.on('end', () => {
      seen.push({ method: incoming.method, url: incoming.url, headers: incoming.headers, body });
      outgoing.writeHead(429, { 'content-type': 'application/json', 'x-amzn-errortype': 'ThrottledException' });
      outgoing.end('{"Message":"slow"}');
    });
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  port = await freePort();
  forward = await TcpForward.open({
    hosts: ['127.0.0.1'],
    port,
    apiUrl: `http://127.0.0.1:${portOf(api)}`,
    allowedHosts: ['dev.box'],
    logger,
  });
});
afterEach(async () => {
  await forward.close();
  api.close();
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const free = portOf(probe);
  probe.close();
  await once(probe, 'close');
  return free;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

function call(path: string, options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'POST', headers = {}, body } = options;
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('the TCP side of the X-Ray port', () => {
  it("forwards what SDKs and daemons send, under the api's own host, and gives the answer back unchanged", async () => {
    const answer = await call('/GetSamplingRules?x=1', {
      headers: { connection: 'x-hop', 'x-hop': '1', 'content-type': 'text/odd' },
      body: '{"a":1}',
    });
    expect(answer).toMatchObject({ status: 429, body: '{"Message":"slow"}' });
    expect(answer.headers['x-amzn-errortype']).toBe('ThrottledException');
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/GetSamplingRules?x=1', body: '{"a":1}' });
    expect(seen[0]?.headers).toMatchObject({ host: `127.0.0.1:${portOf(api)}`, 'content-type': 'text/odd' });
    expect(seen[0]?.headers['x-hop']).toBeUndefined();
  });

  it.each(['/TraceSegments', '/TelemetryRecords', '/SamplingTargets', '/SamplingStatisticSummaries'])(
    'forwards %s without a body and a content type',
    async (path) => {
      expect((await call(path)).status).toBe(429);
      expect(seen[0]).toMatchObject({ url: path, body: '' });
    },
  );

  it.each([
    ['POST', '/ServiceGraph'],
    ['POST', '/GetSamplingRules/..'],
    ['POST', '//TraceSegments'],
    ['GET', '/GetSamplingRules'],
    ['POST', '/'],
  ])('refuses %s %s with an error that clients parse', async (method, path) => {
    const answer = await call(path, { method });
    expect(answer.status).toBe(403);
    expect(answer.headers['x-amzn-errortype']).toBe('AccessDeniedException');
    expect(JSON.parse(answer.body)).toMatchObject({ __type: 'AccessDeniedException' });
    expect(seen).toEqual([]);
  });

  it('refuses web pages: a name that is not ours, and any origin', async () => {
    expect((await call('/TraceSegments', { headers: { host: 'evil.example:2000' } })).status).toBe(403);
    expect((await call('/TraceSegments', { headers: { origin: 'http://evil.example' } })).status).toBe(403);
    expect(seen).toEqual([]);
    for (const host of ['localhost:2000', '[::1]:2000', 'DEV.box'])
      expect((await call('/TraceSegments', { headers: { host } })).status).toBe(429);
  });

  it('refuses a body over the limit, announced or not', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024 + 1);
    const announced = await call('/TraceSegments', { body, headers: { 'content-length': String(body.length) } }).catch(() => null);
    expect(announced === null || announced.status === 413).toBe(true);
    const chunked = await call('/TraceSegments', { body, headers: { 'transfer-encoding': 'chunked' } }).catch(() => null);
    expect(chunked === null || chunked.status === 413).toBe(true);
    expect(seen).toEqual([]);
    expect((await call('/TraceSegments')).status).toBe(429);
  });

  it('answers 503 in the same shape while the api is away', async () => {
    api.close();
    await once(api, 'close');
    const answer = await call('/SamplingTargets', { body: '{}' });
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ __type: 'ServiceUnavailableException' });
  });
});
