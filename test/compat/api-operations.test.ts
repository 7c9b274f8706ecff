/** Sampling, telemetry and errors, as the official client parses them, and any JSON to any operation. */
import {
  GetInsightCommand,
  GetSamplingRulesCommand,
  GetSamplingTargetsCommand,
  GetServiceGraphCommand,
  PutTelemetryRecordsCommand,
  type XRayClient,
} from '@aws-sdk/client-xray';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from './api-on-disk.js';
import { rawCall } from './raw-http.js';

const clientId = '0123456789abcdef01234567';
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

describe('errors', () => {
  it('are parsed by the official client, request ID included', async () => {
    const error = await client.send(new GetInsightCommand({ InsightId: 'a' })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'InvalidRequestException',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
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
    expect(answer.body).toContain('AWS_ENDPOINT_URL_XRAY and AWS_ENDPOINT_URL_CLOUDWATCH');
  });
});

describe('any filter expression', () => {
  const words = [
    'ok',
    '!',
    '(',
    ')',
    '{',
    '}',
    '"a"',
    '"',
    '=',
    '<',
    ' AND ',
    ' OR ',
    'service(',
    'edge("a", "b")',
    'annotation[',
    '#[',
    '5',
    '\\',
    ' ',
  ];
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...words)).map((parts) => parts.join('')),
  );

  it('is refused with the place of its mistake, or needs storage', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (FilterExpression) => {
        const body = JSON.stringify({ StartTime: 1, EndTime: 2, FilterExpression });
        const answer = await rawCall(`${server.api.url}/TraceSummaries`, { body });
        const { __type: type, Message: message } = JSON.parse(answer.body);
        const isRefused = type === 'InvalidRequestException' && /at character \d+: |filterExpression/.test(message);
        expect({ FilterExpression, isAnswered: isRefused || type === 'InternalFailure' }).toEqual({ FilterExpression, isAnswered: true });
      }),
      { numRuns: 200 },
    );
  });
});

describe('any JSON', () => {
  const paths = [
    'TraceSegments',
    'TelemetryRecords',
    'GetSamplingRules',
    'SamplingTargets',
    'SamplingStatisticSummaries',
    'CreateSamplingRule',
    'UpdateSamplingRule',
    'DeleteSamplingRule',
    'CreateGroup',
    'GetGroup',
    'Groups',
    'UpdateGroup',
    'DeleteGroup',
    'Traces',
    'TraceSummaries',
    'ServiceGraph',
    'TraceGraph',
  ];
  const members = [
    'TraceSegmentDocuments',
    'TelemetryRecords',
    'SamplingStatisticsDocuments',
    'SamplingBoostStatisticsDocuments',
    'SamplingRule',
    'SamplingRuleUpdate',
    'RuleName',
    'Tags',
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
