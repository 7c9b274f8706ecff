/** The AWS-shaped surface as the official client sees it, and as clients that are not well behaved do. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  GetGroupsCommand,
  GetSamplingRulesCommand,
  GetSamplingTargetsCommand,
  GetServiceGraphCommand,
  PutTelemetryRecordsCommand,
  PutTraceSegmentsCommand,
  XRayClient,
} from '@aws-sdk/client-xray';
import { LogBroken, LogFull } from '@fluoroscope/log/log';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';
import { rawCall } from './raw-http.js';

const clientId = '0123456789abcdef01234567';
let folder: string;
let server: ApiOnDisk;
let client: XRayClient;

beforeAll(async () => {
  folder = await builtUi();
  server = await startApiOnDisk({ uiFolder: folder });
  client = clientOf(server.api.url);
});

afterAll(async () => {
  client.destroy();
  await server.close();
  await rm(folder, { recursive: true });
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

describe('errors', () => {
  it('are parsed by the official client, request ID included', async () => {
    const error = await client.send(new GetGroupsCommand({})).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'UnknownOperationException',
      $metadata: { httpStatusCode: 404, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it('of storage are InternalFailure, and say no more', async () => {
    const now = new Date();
    const error = await client.send(new GetServiceGraphCommand({ StartTime: now, EndTime: now })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } });
    expect(String(error)).not.toContain('storage is away');
    expect(server.lines).toContain('a request failed');
  });

  it('are shaped for every path and method', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'POST', 'SEARCH']) {
      const answer = await rawCall(`${server.api.url}/service/nothing?x=%zz`, { method });
      expect([method, answer.status, answer.headers['x-amzn-errortype'], typeof answer.headers['x-amzn-requestid']]).toEqual([
        method,
        404,
        'UnknownOperationException',
        'string',
      ]);
    }
    const malformed = await rawCall(`${server.api.url}/%zz`);
    expect(JSON.parse(malformed.body)).toHaveProperty('__type');
  });

  it.each([
    [{ headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' }, body: '{}' }, '"message":"DynamoDB_20120810.ListTables: '],
    [{ body: 'Action=ListTopics&Version=2010-03-31' }, '<Code>InvalidAction</Code>'],
    [{ headers: { 'smithy-protocol': 'rpc-v2-cbor' }, body: 'x' }, 'UnknownOperationException'],
  ])('for another service come in its protocol and name the setting', async (call, text) => {
    const answer = await rawCall(server.api.url, call);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(text);
    expect(answer.body).toContain('AWS_ENDPOINT_URL_XRAY');
  });
});

describe('any JSON', () => {
  const paths = [
    'TraceSegments',
    'TelemetryRecords',
    'GetSamplingRules',
    'SamplingTargets',
    'Traces',
    'TraceSummaries',
    'ServiceGraph',
    'TraceGraph',
  ];
  const members = [
    'TraceSegmentDocuments',
    'TelemetryRecords',
    'SamplingStatisticsDocuments',
    'TraceIds',
    'StartTime',
    'EndTime',
    'NextToken',
    'GroupName',
  ];
  const request = fc.oneof(
    fc.json(),
    fc.dictionary(fc.constantFrom(...members), fc.jsonValue(), { maxKeys: 4 }).map((value) => JSON.stringify(value)),
  );

  it.each(paths)('to /%s is answered, and fails only where storage is needed', async (path) => {
    await fc.assert(
      fc.asyncProperty(request, async (body) => {
        const answer = await rawCall(`${server.api.url}/${path}`, { body });
        expect(answer.headers['content-type']).toContain('application/json');
        const error = answer.headers['x-amzn-errortype'];
        expect(JSON.parse(answer.body).__type).toBe(error);
        expect([
          undefined,
          'InvalidRequestException',
          'SerializationException',
          ...(paths.indexOf(path) > 3 ? ['InternalFailure'] : []),
        ]).toContain(error);
      }),
      { numRuns: 60 },
    );
  });
});

describe('sampling', () => {
  it('has the Default rule with every member that a sampler wants', async () => {
    for (const body of [undefined, '{}', '{"NextToken": null}']) {
      const answer = await rawCall(`${server.api.url}/GetSamplingRules`, { body });
      const { SamplingRuleRecords } = JSON.parse(answer.body);
      expect(SamplingRuleRecords).toHaveLength(1);
      expect(SamplingRuleRecords[0]).toMatchObject({
        CreatedAt: 0,
        ModifiedAt: 0,
        SamplingRule: { RuleName: 'Default', Version: 1, Attributes: {}, ResourceARN: '*', Priority: 10_000 },
      });
    }
    const { SamplingRuleRecords } = await client.send(new GetSamplingRulesCommand({}));
    expect(SamplingRuleRecords?.[0]?.SamplingRule?.RuleARN).toBe('arn:aws:xray:eu-west-1:123456789012:sampling-rule/Default');
  });

  it('answers a target for each known rule and names the others', async () => {
    const statistics = { ClientID: clientId, Timestamp: new Date(), RequestCount: 3, SampledCount: 1 };
    const documents = [
      { ...statistics, RuleName: 'Default' },
      { ...statistics, RuleName: 'gone' },
    ];
    const answer = await client.send(new GetSamplingTargetsCommand({ SamplingStatisticsDocuments: documents }));
    expect(answer.SamplingTargetDocuments).toMatchObject([{ RuleName: 'Default', FixedRate: 0.05, ReservoirQuota: 1, Interval: 10 }]);
    expect(answer.UnprocessedStatistics).toMatchObject([{ RuleName: 'gone', ErrorCode: '400' }]);
  });

  it('takes millisecond timestamps and an empty list, and answers numbers', async () => {
    const document = {
      RuleName: 'Default',
      ClientID: clientId,
      Timestamp: 1624257967000,
      RequestCount: 1,
      SampledCount: 0,
      BorrowCount: 1,
    };
    for (const SamplingStatisticsDocuments of [[], [document]]) {
      const answer = await rawCall(`${server.api.url}/SamplingTargets`, { body: JSON.stringify({ SamplingStatisticsDocuments }) });
      expect(JSON.parse(answer.body)).toMatchObject({
        LastRuleModification: 0,
        UnprocessedStatistics: [],
        SamplingTargetDocuments: SamplingStatisticsDocuments.map(() => ({ FixedRate: 0.05, ReservoirQuotaTTL: expect.any(Number) })),
      });
    }
  });

  it('takes telemetry records', async () => {
    const record = { Timestamp: new Date(), SegmentsReceivedCount: 1, BackendConnectionErrors: { TimeoutCount: 1 } };
    const answer = await client.send(new PutTelemetryRecordsCommand({ TelemetryRecords: [record], Hostname: 'h' }));
    expect(answer.$metadata.httpStatusCode).toBe(200);
  });
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
    expect(Date.now() - startedAtMs).toBeLessThan(2_500);
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
    expect((await rawCall(`${server.api.url}/?Action=ListMetrics`, page)).body).toContain('InvalidAction');
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

function clientOf(endpoint: string): XRayClient {
  return new XRayClient({ endpoint, region: 'eu-west-1', maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
}

function segment(n: number, more: object = {}): string {
  const now = Date.now() / 1000;
  const id = n.toString(16).padStart(16, '0');
  return JSON.stringify({ trace_id: `1-5759e988-00000000${id}`, id, name: 'shop', start_time: now - 1, end_time: now, ...more });
}

async function builtUi(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fluoroscope-ui-'));
  await mkdir(join(root, 'assets'));
  await writeFile(join(root, 'index.html'), '<h1>ui</h1>');
  await writeFile(join(root, 'assets', 'app-1234.js'), '// asset\n'.repeat(500));
  return root;
}
