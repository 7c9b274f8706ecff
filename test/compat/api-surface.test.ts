/** What lies around the operations: who may call, addresses, health, counters and the built UI. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';
import { rawCall } from './raw-http.js';

/** A server of Node gives a request that does not go on five minutes, and looks at that every half a minute. */
const leastRequestMs = 30_000;
let folder: string;
let server: ApiOnDisk;

beforeAll(async () => {
  folder = await builtUi();
  server = await startApiOnDisk({ uiFolder: folder });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe('who may call', () => {
  const read = { method: 'GET' };

  it.each(['localhost', 'localhost:1', '127.0.0.1:80', '[::1]:2020', 'LOCALHOST'])('the host %s', async (host) => {
    expect((await rawCall(`${server.api.url}/livez`, { ...read, headers: { host } })).status).toBe(200);
  });

  it.each(['evil.example', 'localhost.evil.example', '169.254.169.254', 'a@localhost'])('not the host %j', async (host) => {
    const answer = await rawCall(`${server.api.url}/livez`, { ...read, headers: { host } });
    expect([answer.status, answer.headers['x-amzn-errortype']]).toEqual([403, 'AccessDeniedException']);
    expect(answer.headers['x-amzn-requestid']).toBeTypeOf('string');
  });

  it('not a page of another site, and not one of another port of this machine', async () => {
    const { host } = new URL(server.api.url);
    const statusOf = async (origin: string) => (await rawCall(`${server.api.url}/livez`, { ...read, headers: { host, origin } })).status;
    expect(await statusOf(`http://${host}`)).toBe(200);
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', `http://${host}.evil.example`, ''])
      expect(await statusOf(origin)).toBe(403);
  });

  it('a host that was allowed', async () => {
    const named = await startApiOnDisk({ allowedHosts: ['Fluoroscope'] });
    expect((await rawCall(`${named.api.url}/livez`, { ...read, headers: { host: 'fluoroscope:2020' } })).status).toBe(200);
    await named.close();
  });
});

describe('addresses', () => {
  it('are all bound on one port, and a port that is taken is the error of the system', async () => {
    const both = await startApiOnDisk({ hosts: ['127.0.0.1', '::1'] });
    const { port } = new URL(both.api.url);
    for (const host of ['127.0.0.1', '[::1]']) expect((await rawCall(`http://${host}:${port}/livez`, { method: 'GET' })).status).toBe(200);
    await expect(startApiOnDisk({ port: Number(port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await both.close();
  });

  it('are let go of when the api closes, whoever holds a connection', async () => {
    const closing = await startApiOnDisk();
    const idle = connect(Number(new URL(closing.api.url).port), '127.0.0.1');
    await once(idle, 'connect');
    idle.write('POST /TraceSegments HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 9\r\n\r\n');
    const startedAtMs = Date.now();
    await closing.close();
    expect(Date.now() - startedAtMs).toBeLessThan(leastRequestMs);
    idle.destroy();
  });
});

describe('health and counters', () => {
  it('say what the process says', async () => {
    expect((await rawCall(`${server.api.url}/livez`, { method: 'GET' })).body).toBe('{"status":"ok"}');
    const health = await rawCall(`${server.api.url}/healthz`, { method: 'GET' });
    expect([health.status, health.body]).toEqual([200, '{"status":"degraded","parts":{"clickhouse":"away"}}']);
    const starting = await startApiOnDisk({ health: () => ({ status: 'unavailable', reason: 'starting', parts: {} }) });
    expect((await rawCall(`${starting.api.url}/healthz`, { method: 'GET' })).status).toBe(503);
    await starting.close();
  });

  it('are Prometheus text', async () => {
    const metrics = await rawCall(`${server.api.url}/metrics`, { method: 'GET' });
    expect(metrics.headers['content-type']).toContain('text/plain');
    expect(metrics.body).toMatch(/^fluoroscope_api_requests_total \d+$/m);
  });
});

describe('the built UI', () => {
  const page = { method: 'GET', headers: { accept: 'text/html' } };

  it('answers every address of the application with the page, under its policy', async () => {
    for (const path of ['/', '/traces', '/explore?x=1']) {
      const answer = await rawCall(`${server.api.url}${path}`, page);
      expect([answer.status, answer.body, answer.headers['cache-control']]).toEqual([200, '<h1>ui</h1>', 'no-cache']);
      expect(answer.headers['content-security-policy']).toContain(`connect-src 'self' ws://${new URL(server.api.url).host}`);
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    }
  });

  it('never answers a reserved path, an unknown asset or an AWS Query call with the page', async () => {
    for (const path of ['/service/x', '/metrics', '/assets/gone.js']) {
      expect([path, (await rawCall(`${server.api.url}${path}`, page)).body.includes('<h1>')]).toEqual([path, false]);
    }
    expect((await rawCall(`${server.api.url}/?Action=ListTopics`, page)).body).toContain('InvalidAction');
  });

  it('compresses assets and lets them be kept for good', async () => {
    const answer = await rawCall(`${server.api.url}/assets/app-1234.js`, { method: 'GET', headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'cache-control': 'public, max-age=31536000, immutable' });
    expect(answer.headers['content-type']).toContain('javascript');
  });

  it('answers HEAD, and 304 to who has the page already', async () => {
    const head = await rawCall(server.api.url, { ...page, method: 'HEAD' });
    expect([head.status, head.body, head.headers['content-type']]).toEqual([200, '', 'text/html; charset=utf-8']);
    const again = await rawCall(server.api.url, { ...page, headers: { ...page.headers, 'if-none-match': head.headers.etag ?? '' } });
    expect([again.status, again.body]).toEqual([304, '']);
  });
});

async function builtUi(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fluoroscope-ui-'));
  await mkdir(join(root, 'assets'));
  await writeFile(join(root, 'index.html'), '<h1>ui</h1>');
  await writeFile(join(root, 'assets', 'app-1234.js'), '// asset\n'.repeat(500));
  return root;
}
