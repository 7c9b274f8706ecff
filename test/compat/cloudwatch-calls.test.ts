/** Calls of CloudWatch that no SDK makes: repeated, packed, torn, too large, from elsewhere, or of any content. */
import { gzipSync } from 'node:zlib';
import { ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricDataDocument } from '@fluoroscope/contract/metrics';
import { cbor } from '@smithy/core/cbor';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';
import { cloudWatchOf, protocolNames, refusalOf } from './cloudwatch-clients.js';
import { type RawCall, rawCall } from './raw-http.js';

const minute = Math.floor(Date.now() / 60_000) * 60;
const known = [{ namespace: 'App', name: 'Latency', dimensions: [{ name: 'Svc', value: 'a b&<é>' }] }];
const appended: string[] = [];

let server: ApiOnDisk;
beforeAll(async () => {
  server = await startApiOnDisk({ metricLog: { append }, metrics: { periods: async () => [], metrics: async () => known } });
});
afterAll(() => server.close());
beforeEach(() => {
  appended.length = 0;
});

async function append(documents: readonly Uint8Array[]): Promise<void> {
  appended.push(...documents.map((document) => Buffer.from(document).toString()));
}

const documents = () => appended.map((text) => JSON.parse(text) as MetricDataDocument);
const json = (operation: string, body: string | Buffer): RawCall => ({
  headers: { 'x-amz-target': `GraniteServiceVersion20100801.${operation}` },
  body,
});
const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

describe('a call that no SDK makes', () => {
  it('may be packed in any protocol', async () => {
    const Data = [{ MetricName: 'x', Value: 1 }];
    const packed = [
      json('PutMetricData', JSON.stringify({ Namespace: 'A', MetricData: Data })),
      { body: 'Namespace=A&MetricData.member.1.MetricName=x&MetricData.member.1.Value=1&Version=2010-08-01&Action=PutMetricData' },
      {
        path: '/service/GraniteServiceVersion20100801/operation/PutMetricData',
        body: cbor.serialize({ Namespace: 'A', MetricData: Data }),
      },
    ];
    for (const { path = '', headers, body } of packed as (RawCall & { path?: string })[]) {
      const call = { headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(body ?? '') };
      expect((await rawCall(`${server.api.url}${path}`, call)).status).toBe(200);
    }
    expect(documents().map(({ MetricData }) => MetricData)).toEqual([Data, Data, Data]);
  });

  it('is the same write when it carries the same invocation ID and says the same, and another when it says another', async () => {
    const send = (value: number, id: string) => {
      const call = json('PutMetricData', `{"Namespace":"A","MetricData":[{"MetricName":"x","Value":${value}}]}`);
      return rawCall(server.api.url, { ...call, headers: { ...call.headers, 'amz-sdk-invocation-id': id } });
    };
    await Promise.all([send(1, 'a'), send(1, 'a'), send(2, 'a'), send(1, 'b'), send(1, ''), send(1, '')]);
    expect(appended).toHaveLength(5);
    expect(new Set(documents().map(({ Id }) => Id)).size).toBe(5);
    const again = await startApiOnDisk({ metricLog: { append } });
    const call = json('PutMetricData', '{"Namespace":"A","MetricData":[{"MetricName":"x","Value":2}]}');
    await rawCall(again.api.url, { ...call, headers: { ...call.headers, 'amz-sdk-invocation-id': 'a' } });
    expect(documents().filter(({ Id }) => Id === documents()[5]?.Id)).toHaveLength(2);
    await again.close();
  });

  it('leaves nothing in the log that is no member of CloudWatch', async () => {
    const body =
      '{"Junk":1,"Id":"mine","Namespace":"A","MetricData":[{"MetricName":"x","Value":1,"Junk":{"Name":1},"__proto__":{"Unit":"None"}}]}';
    expect((await rawCall(server.api.url, json('PutMetricData', body))).body).toBe('{}');
    expect(documents()).toEqual([
      { Id: expect.stringMatching(/^[0-9a-f-]{36}$/), Namespace: 'A', MetricData: [{ MetricName: 'x', Value: 1 }] },
    ]);
  });

  it('keeps members that are no use where they are out of the log, however deep they are', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const more = `"Counts":${deep},"StatisticValues":null,"Dimensions":[{"Name":"a","Value":"b","Values":${deep}}]`;
    const body = `{"Namespace":"A","MetricData":[{"MetricName":"x","Value":1,"Values":[],${more}}]}`;
    expect((await rawCall(server.api.url, json('PutMetricData', body))).body).toBe('{}');
    const kept = { MetricName: 'x', Dimensions: [{ Name: 'a', Value: 'b' }], Value: 1, Values: [] };
    expect(documents()[0]?.MetricData).toEqual([kept]);
  });

  it('may have its parameters in the address; only a POST writes', async () => {
    const put = '/?Action=PutMetricData&Version=2010-08-01&Namespace=A&MetricData.member.1.MetricName=x&MetricData.member.1.Value=1';
    expect((await rawCall(`${server.api.url}${put}`, {})).body).toMatch(/^<PutMetricDataResponse xmlns=/);
    const refused = await rawCall(`${server.api.url}${put}`, { method: 'GET' });
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('PutMetricData is called by POST')]);
    expect(appended).toHaveLength(1);
    const listed = await rawCall(`${server.api.url}/?Action=ListMetrics&Version=2010-08-01`, { method: 'GET' });
    expect([listed.status, listed.headers['content-type']]).toEqual([200, 'text/xml']);
    expect(listed.body).toContain('<Dimensions><member><Name>Svc</Name><Value>a b&amp;&lt;é&gt;</Value></member></Dimensions>');
  });

  it('comes from no page of another site', async () => {
    const body = 'Action=PutMetricData&Version=2010-08-01&Namespace=A&MetricData.member.1.MetricName=x&MetricData.member.1.Value=1';
    for (const headers of [{ origin: 'http://evil.example' }, { host: 'evil.example' }] as Record<string, string>[])
      expect((await rawCall(server.api.url, { headers: { ...form, ...headers }, body })).status).toBe(403);
    expect(appended).toEqual([]);
  });

  it('is refused in its protocol when its body cannot be read', async () => {
    const large = Buffer.alloc(1024 * 1024 + 1, 32);
    const path = `${server.api.url}/service/GraniteServiceVersion20100801/operation/PutMetricData`;
    const answers = [
      await rawCall(server.api.url, json('PutMetricData', large)),
      await rawCall(server.api.url, { headers: form, body: large }),
      await rawCall(path, { body: large }),
      await rawCall(path, { body: gzipSync(large), headers: { 'content-encoding': 'gzip' } }),
      await rawCall(server.api.url, json('PutMetricData', '{')),
      await rawCall(server.api.url, { headers: { ...form, 'content-encoding': 'gzip' }, body: 'x' }),
      await rawCall(path, { body: 'x' }),
    ];
    const codes = answers.map(({ headers, body }) => /<Code>(\w+)/.exec(body)?.[1] ?? headers['x-amzn-query-error']);
    expect(codes).toEqual([
      'RequestEntityTooLarge;Sender',
      'RequestEntityTooLarge',
      'RequestEntityTooLarge;Sender',
      'RequestEntityTooLarge;Sender',
      'MalformedInput;Sender',
      'MalformedInput',
      'MalformedInput;Sender',
    ]);
    expect(answers[2]?.headers).toMatchObject({ 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' });
  });

  it('is no call because it is a form: what has another address is answered as that address is', async () => {
    const { api } = server;
    const answers = [
      await rawCall(`${api.url}/TraceSummaries`, { headers: form, body: '{}' }),
      await rawCall(`${api.url}/EncryptionConfig`, { headers: { ...form, 'content-encoding': 'gzip' }, body: 'x' }),
      await rawCall(`${api.url}/no-such-path`, { headers: form, body: '{}' }),
      await rawCall(`${api.url}/api/no-such-path`, { headers: form, body: '{}' }),
      await rawCall(api.url, { headers: form, body: '{}' }),
    ];
    const codes = answers.map(({ headers, body }) => headers['x-amzn-errortype'] ?? (JSON.parse(body) as { code: string }).code);
    expect(codes).toEqual([
      'InvalidRequestException',
      'SerializationException',
      'UnknownOperationException',
      'unknown_path',
      'UnknownOperationException',
    ]);
    for (const { body, headers } of answers)
      expect([headers['content-type'], body[0]]).toEqual([expect.stringMatching(/^application.json/), '{']);
  });

  it('gets an error of storage as a fault of the service, which says no more', async () => {
    const away = await startApiOnDisk();
    for (const protocol of protocolNames) {
      const refused = await refusalOf(cloudWatchOf(away.api.url, protocol).send(new ListMetricsCommand({})));
      expect(refused).toMatchObject({ code: 'InternalServiceError', name: 'InternalServiceFault', status: 500 });
      expect(refused.message).not.toContain('storage is away');
    }
    await away.close();
  });
});

describe('whatever is sent', () => {
  const operations = ['PutMetricData', 'GetMetricStatistics', 'ListMetrics'];
  const names = ['Namespace', 'MetricData', 'MetricName', 'Value', 'Values', 'Counts', 'Dimensions', 'Name', 'Timestamp', 'Period', 'Unit'];
  const more = [
    'StartTime',
    'EndTime',
    'Statistics',
    'ExtendedStatistics',
    'NextToken',
    'StatisticValues',
    'EntityMetricData',
    '__proto__',
  ];
  const leaf = fc.oneof(fc.constantFrom<unknown>(null, '', 'Sum', 'p99', 60, minute, 1e300, 'NaN', true, '\u0000'), fc.jsonValue());
  const { members } = fc.letrec((tie) => ({
    members: fc.dictionary(fc.constantFrom(...names, ...more), tie('any'), { maxKeys: 8 }),
    any: fc.oneof({ depthSize: 'medium' }, leaf, tie('members'), fc.array(tie('any'), { maxLength: 3 })),
  }));

  it('is answered, or refused as an error of the caller', async () => {
    const call = async (operation: string, value: unknown) => {
      const { status, headers } = await rawCall(server.api.url, json(operation, JSON.stringify(value)));
      expect([status, headers['x-amzn-query-error'] === undefined]).toEqual(status === 200 ? [200, true] : [400, false]);
    };
    await fc.assert(fc.asyncProperty(fc.constantFrom(...operations), members, call), { numRuns: 400 });
  });

  it('is so in bytes that are no CBOR, and in text that is no form', async () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.from(some));
    const call = async (operation: string, some: Buffer) => {
      const path = `${server.api.url}/service/GraniteServiceVersion20100801/operation/${operation}`;
      const query = Buffer.concat([Buffer.from(`Action=${operation}&Version=2010-08-01&`), some]);
      for (const { status } of [await rawCall(path, { body: some }), await rawCall(server.api.url, { body: query })])
        expect([200, 400]).toContain(status);
    };
    await fc.assert(fc.asyncProperty(fc.constantFrom(...operations), bytes, call), { numRuns: 150 });
  });
});
