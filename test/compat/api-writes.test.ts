/** PutTraceSegments and the bodies of requests, as the official client sends them and as others do. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { PutTraceSegmentsCommand, type XRayClient } from '@aws-sdk/client-xray';
import { LogBroken, LogFull } from '@fluoroscope/log/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from './api-on-disk.js';
import { rawCall } from './raw-http.js';

let server: ApiOnDisk;
let client: XRayClient;

beforeAll(async () => {
  server = await startApiOnDisk();
  client = clientOf(server.api.url);
});

afterAll(async () => {
  client.destroy();
  await server.close();
});

describe('PutTraceSegments', () => {
  it('answers when what is accepted is in the log', async () => {
    const before = server.log.counters().endPosition;
    const answer = await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [segment(1), segment(2)] }));
    expect(answer.UnprocessedTraceSegments).toEqual([]);
    expect(server.log.counters().endPosition).toBe(before + 2);
  });

  it('names what it does not accept, with the codes of X-Ray, and keeps the rest', async () => {
    const before = server.log.counters().endPosition;
    const documents = ['nonsense', segment(3), segment(4).replace('"name":"shop",', ''), '[]'];
    const { UnprocessedTraceSegments } = await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: documents }));
    expect(UnprocessedTraceSegments).toEqual([
      { ErrorCode: 'ParseError', Message: 'Invalid segment. ErrorCode: ParseError' },
      { Id: '0000000000000004', ErrorCode: 'MissingName', Message: 'Invalid segment. ErrorCode: MissingName' },
      { ErrorCode: 'MissingId', Message: 'Invalid segment. ErrorCode: MissingId' },
    ]);
    expect(server.log.counters().endPosition).toBe(before + 1);
  });

  it('names a document that is too long, and counts it', async () => {
    const before = server.api.counters().unprocessed;
    const long = segment(5, {
      subsegments: Array.from({ length: 4_000 }, (_, n) => ({ ...JSON.parse(segment(10_000 + n)), trace_id: undefined })),
    });
    const { UnprocessedTraceSegments } = await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [long] }));
    expect(UnprocessedTraceSegments).toEqual([
      { Id: '0000000000000005', ErrorCode: 'InvalidSegment', Message: expect.stringContaining('document exceeds 65536 bytes') },
    ]);
    expect(server.api.counters().unprocessed).toBe(before + 1);
  });

  it('refuses 51 documents and takes 50 of full size', async () => {
    const full = Array.from({ length: 50 }, (_, n) => segment(100 + n, { metadata: { text: 'x'.repeat(60_000) } }));
    const taken = await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: full }));
    expect(taken.UnprocessedTraceSegments).toEqual([]);
    const refused = client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [...full, segment(1)] }));
    await expect(refused).rejects.toMatchObject({ name: 'InvalidRequestException', message: 'Exceeding maximum segment count: 50' });
  });

  it.each([
    {},
    { TraceSegmentDocuments: null },
    { TraceSegmentDocuments: [] },
    { TraceSegmentDocuments: 'x' },
    { TraceSegmentDocuments: [1] },
  ])('refuses the request %j', async (members) => {
    const answer = await rawCall(`${server.api.url}/TraceSegments`, { body: JSON.stringify(members) });
    expect(answer.status).toBe(400);
    expect(answer.headers['x-amzn-errortype']).toBe('InvalidRequestException');
    expect(JSON.parse(answer.body)).toMatchObject({
      __type: 'InvalidRequestException',
      Message: expect.stringContaining('traceSegmentDocuments'),
    });
  });

  it('appends once what an SDK sends twice', async () => {
    const before = server.log.counters().endPosition;
    const call = {
      headers: { 'amz-sdk-invocation-id': 'f2b91ee0-0001' },
      body: JSON.stringify({ TraceSegmentDocuments: [segment(5), '{}'] }),
    };
    const answers = await Promise.all([1, 2, 3].map(() => rawCall(`${server.api.url}/TraceSegments`, call)));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(server.log.counters().endPosition).toBe(before + 1);
  });

  it('throttles while the log is full, fails when it is broken, and lets the retry of a refused call through', async () => {
    const outcomes = [new LogFull('full'), new LogBroken('broken'), null];
    const log = {
      append: () => {
        const outcome = outcomes.shift() ?? null;
        return outcome === null ? Promise.resolve() : Promise.reject(outcome);
      },
    };
    const refusing = await startApiOnDisk({ log });
    const call = { headers: { 'amz-sdk-invocation-id': 'one' }, body: JSON.stringify({ TraceSegmentDocuments: [segment(6)] }) };
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await rawCall(`${refusing.api.url}/TraceSegments`, call));
    expect(answers.map(({ status, headers }) => [status, headers['x-amzn-errortype']])).toEqual([
      [429, 'ThrottledException'],
      [500, 'InternalFailure'],
      [200, undefined],
    ]);
    await refusing.close();
  });
});

describe('bodies', () => {
  const documents = JSON.stringify({ TraceSegmentDocuments: [segment(7)] });

  it.each([undefined, 'application/json', 'application/x-amz-json-1.1', 'text/plain', 'nonsense', ';'])(
    'are read with the content type %s',
    async (type) => {
      const answer = await rawCall(`${server.api.url}/TraceSegments`, {
        headers: type === undefined ? {} : { 'content-type': type },
        body: documents,
      });
      expect([answer.status, answer.body]).toEqual([200, '{"UnprocessedTraceSegments":[]}']);
    },
  );

  it('are read behind an offer of HTTP/2, which is ignored', async () => {
    const { port, host } = new URL(server.api.url);
    const socket = connect(Number(port), '127.0.0.1');
    const offer = `Host: ${host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk`;
    socket.write(`POST /TraceSegments HTTP/1.1\r\n${offer}\r\nContent-Length: ${documents.length}\r\n\r\n${documents.slice(0, 20)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(documents.slice(20));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(String(answer)).toContain('{"UnprocessedTraceSegments":[]}');
    socket.destroy();
  });

  it('may be packed with gzip, and are bounded by what they unpack to', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect((await rawCall(`${server.api.url}/TraceSegments`, { headers, body: gzipSync(documents) })).status).toBe(200);
    const bomb = await rawCall(`${server.api.url}/TraceSegments`, { headers, body: gzipSync(Buffer.alloc(64 * 1024 * 1024)) });
    expect([bomb.status, bomb.headers['x-amzn-errortype']]).toEqual([413, 'RequestEntityTooLargeException']);
    const torn = await rawCall(`${server.api.url}/TraceSegments`, { headers, body: 'not gzip' });
    expect([torn.status, torn.headers['x-amzn-errortype']]).toEqual([400, 'SerializationException']);
    const brotli = await rawCall(`${server.api.url}/TraceSegments`, { headers: { 'content-encoding': 'br' }, body: 'x' });
    expect(brotli.status).toBe(415);
  });

  it.each([
    ['/TraceSegments', 9],
    ['/GetSamplingRules', 2],
  ])('of %s beyond %i MB are refused with an answer that the client sees', async (path, megabytes) => {
    const answer = await rawCall(`${server.api.url}${path}`, { body: Buffer.alloc(megabytes * 1024 * 1024, 32) });
    expect([answer.status, answer.headers['x-amzn-errortype']]).toEqual([413, 'RequestEntityTooLargeException']);
  });

  it.each(['{', '[]', '1', '"x"', 'NaN', '\u0000'])('that are not a JSON object (%j) are SerializationException', async (body) => {
    const answer = await rawCall(`${server.api.url}/TraceSegments`, { body });
    expect([answer.status, answer.headers['x-amzn-errortype']]).toEqual([400, 'SerializationException']);
  });
});

function segment(n: number, more: object = {}): string {
  const now = Date.now() / 1000;
  const id = n.toString(16).padStart(16, '0');
  return JSON.stringify({ trace_id: `1-5759e988-00000000${id}`, id, name: 'shop', start_time: now - 1, end_time: now, ...more });
}
