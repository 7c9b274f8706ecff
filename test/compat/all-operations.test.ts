/**
 * All operations of X-Ray against the whole product, by the official client: each answers, refuses what is wrong with the error that
 * its model names, and takes no page token but its own. boto3 and the AWS CLI then do what scripts do.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as xray from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { clientOf } from './api-on-disk.js';
import { inputMembers, operationNames, send } from './xray-model.js';

let standalone: Standalone;
let client: xray.XRayClient;
const known = { retrieval: '', pageToken: '', groupArn: '' };

const nowSeconds = Math.floor(Date.now() / 1000);
const range = { StartTime: new Date((nowSeconds - 600) * 1000), EndTime: new Date((nowSeconds + 60) * 1000) };
const traceIds = Array.from({ length: 7 }, (_, n) => `1-${(nowSeconds - 60).toString(16)}-${n.toString(16).padStart(24, '0')}`);
const unknownArn = 'arn:aws:xray:us-east-1:000000000000:group/gone/ABC';
const insightId = '00000000-0000-4000-8000-000000000000';

beforeAll(async () => {
  standalone = await Standalone.start();
  client = clientOf(standalone.httpUrl);
  await client.send(new xray.PutTraceSegmentsCommand({ TraceSegmentDocuments: traceIds.map(documentOf) }));
  const stored = async () => (await client.send(new xray.BatchGetTracesCommand({ TraceIds: traceIds }))).Traces?.length;
  await vi.waitUntil(async () => (await stored()) === traceIds.length, { timeout: 60_000, interval: 250 });
  const { RetrievalToken } = await client.send(new xray.StartTraceRetrievalCommand({ TraceIds: traceIds, ...range }));
  known.retrieval = RetrievalToken ?? '';
  known.pageToken = (await client.send(new xray.ListRetrievedTracesCommand({ RetrievalToken }))).NextToken ?? '';
  known.groupArn = (await client.send(new xray.CreateGroupCommand({ GroupName: 'shop' }))).Group?.GroupARN ?? '';
});
afterAll(async () => {
  client?.destroy();
  await standalone?.remove();
});

function documentOf(trace_id: string, n: number): string {
  const id = (n + 1).toString(16).padStart(16, '0');
  return JSON.stringify({ trace_id, id, name: 'shop', start_time: nowSeconds - 60, end_time: nowSeconds - 59.5 });
}

const patterns = { ResourceARN: '*', ServiceName: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', URLPath: '*' };
const rule = { RuleName: 'mine', Priority: 1, FixedRate: 0, ReservoirSize: 0, Version: 1, ...patterns };
const statistics = {
  RuleName: 'Default',
  ClientID: 'c'.repeat(24),
  Timestamp: new Date(),
  RequestCount: 1,
  SampledCount: 1,
  BorrowCount: 0,
};
const policy = (Effect = 'Allow') => JSON.stringify({ Statement: { Effect, Principal: '*', Action: 'xray:*', Resource: '*' } });
const manyTags = Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
const percentage = (DesiredSamplingPercentage: number) => ({ Probabilistic: { DesiredSamplingPercentage } });

type Refusals = [error: string, input: object][];
interface Case {
  /** What is answered with 200; null where it takes an incident that no test here makes (see insights.test.ts). */
  input: () => object | null;
  refusals: Refusals;
}
const answers = (input: object | null, ...refusals: Refusals): Case => ({ input: () => input, refusals });
const invalid = (input: object): Refusals[number] => ['InvalidRequestException', input];
const notFound = (input: object): Refusals[number] => ['ResourceNotFoundException', input];

/** In an order in which each finds what it needs. */
const cases: Record<string, Case> = {
  PutTraceSegments: answers({ TraceSegmentDocuments: ['{}'] }, invalid({ TraceSegmentDocuments: [] }), invalid({})),
  PutTelemetryRecords: answers({ TelemetryRecords: [{ Timestamp: new Date() }] }, invalid({ TelemetryRecords: [{}] })),
  BatchGetTraces: answers({ TraceIds: traceIds }, invalid({ TraceIds: [] }), invalid({ TraceIds: ['a'.repeat(36)] })),
  GetTraceSummaries: answers(range, invalid({ StartTime: range.StartTime }), invalid({ ...range, FilterExpression: 'fault AND' })),
  GetServiceGraph: answers(range, invalid({ ...range, StartTime: new Date(0) }), invalid({ ...range, GroupName: 'nobody' })),
  GetTraceGraph: answers({ TraceIds: traceIds }, invalid({})),
  GetTimeSeriesServiceStatistics: answers(
    { ...range, EntitySelectorExpression: 'service("shop")', Period: 300 },
    invalid({ ...range, Period: 61 }),
    invalid({ ...range, EntitySelectorExpression: 'fault' }),
  ),
  CreateSamplingRule: answers({ SamplingRule: rule }, invalid({ SamplingRule: rule }), [
    'TooManyTagsException',
    { SamplingRule: rule, Tags: manyTags },
  ]),
  GetSamplingRules: answers({}),
  UpdateSamplingRule: answers(
    { SamplingRuleUpdate: { RuleName: 'mine', FixedRate: 1 } },
    invalid({ SamplingRuleUpdate: { RuleName: 'nobody' } }),
  ),
  GetSamplingTargets: answers({ SamplingStatisticsDocuments: [statistics] }, invalid({ SamplingStatisticsDocuments: [{}] })),
  GetSamplingStatisticSummaries: answers({}),
  DeleteSamplingRule: answers({ RuleName: 'mine' }, invalid({ RuleName: 'mine' }), invalid({})),
  CreateGroup: answers(
    { GroupName: 'slow', FilterExpression: 'responsetime > 5' },
    invalid({ GroupName: 'slow' }),
    invalid({ GroupName: 'Default' }),
  ),
  GetGroup: answers({ GroupName: 'slow' }, invalid({ GroupName: 'nobody' }), invalid({ GroupARN: unknownArn })),
  GetGroups: answers({}),
  UpdateGroup: answers({ GroupName: 'slow', FilterExpression: 'fault' }, invalid({ GroupName: 'slow', FilterExpression: 'fault AND' })),
  DeleteGroup: answers({ GroupName: 'slow' }, invalid({ GroupName: 'slow' }), invalid({ GroupName: 'Default' })),
  TagResource: {
    input: () => ({ ResourceARN: known.groupArn, Tags: [{ Key: 'a', Value: 'b' }] }),
    refusals: [notFound({ ResourceARN: unknownArn, Tags: [] }), invalid({ ResourceARN: '' })],
  },
  ListTagsForResource: { input: () => ({ ResourceARN: known.groupArn }), refusals: [notFound({ ResourceARN: unknownArn }), invalid({})] },
  UntagResource: {
    input: () => ({ ResourceARN: known.groupArn, TagKeys: ['a'] }),
    refusals: [notFound({ ResourceARN: unknownArn, TagKeys: [] })],
  },
  PutEncryptionConfig: answers({ Type: 'KMS', KeyId: 'alias/a' }, invalid({ Type: 'KMS' })),
  GetEncryptionConfig: answers({}),
  PutResourcePolicy: answers(
    { PolicyName: 'p', PolicyDocument: policy() },
    ['MalformedPolicyDocumentException', { PolicyName: 'p', PolicyDocument: '{' }],
    ['LockoutPreventionException', { PolicyName: 'p', PolicyDocument: policy('Deny') }],
    ['InvalidPolicyRevisionIdException', { PolicyName: 'p', PolicyDocument: policy(), PolicyRevisionId: '0' }],
    ['PolicySizeLimitExceededException', { PolicyName: 'p', PolicyDocument: ' '.repeat(6_000) }],
  ),
  ListResourcePolicies: answers({}),
  DeleteResourcePolicy: answers(
    { PolicyName: 'p' },
    ['InvalidRequestException', { PolicyName: 'p' }],
    ['InvalidRequestException', { PolicyName: '' }],
  ),
  GetIndexingRules: answers({}),
  UpdateIndexingRule: answers(
    { Name: 'Default', Rule: percentage(5) },
    notFound({ Name: 'other', Rule: percentage(5) }),
    invalid({ Name: 'Default', Rule: percentage(101) }),
  ),
  GetTraceSegmentDestination: answers({}),
  UpdateTraceSegmentDestination: answers({ Destination: 'XRay' }, invalid({}), invalid({ Destination: 'S3' })),
  StartTraceRetrieval: answers({ TraceIds: traceIds, ...range }, invalid({ TraceIds: ['x'], ...range }), invalid({})),
  ListRetrievedTraces: { input: () => ({ RetrievalToken: known.retrieval }), refusals: [notFound({ RetrievalToken: 'x' }), invalid({})] },
  GetRetrievedTracesGraph: {
    input: () => ({ RetrievalToken: known.retrieval }),
    refusals: [notFound({ RetrievalToken: 'x' }), invalid({})],
  },
  CancelTraceRetrieval: { input: () => ({ RetrievalToken: known.retrieval }), refusals: [notFound({ RetrievalToken: 'x' }), invalid({})] },
  GetInsightSummaries: answers({ ...range, GroupName: 'Default' }, invalid(range), invalid({ GroupName: 'Default' })),
  GetInsight: answers(null, invalid({ InsightId: insightId }), invalid({})),
  GetInsightEvents: answers(null, invalid({ InsightId: insightId }), invalid({})),
  GetInsightImpactGraph: answers(null, invalid({ InsightId: insightId, ...range }), invalid({})),
};

it('is asked for all 38 operations of the client', () => {
  expect(operationNames).toHaveLength(38);
  expect(Object.keys(cases).toSorted()).toEqual(operationNames);
});

const paged = operationNames.filter((name) => inputMembers(name).includes('NextToken'));

it.each(paged)('%s takes no page token but its own', async (name) => {
  const { input, refusals } = cases[name] ?? answers({});
  const tokens = ['made up', ...(name === 'ListRetrievedTraces' ? [] : [known.pageToken])];
  for (const NextToken of tokens) {
    const asked = { ...(input() ?? refusals[0]?.[1]), NextToken };
    await expect(send(client, name, asked)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  }
});

describe.each(Object.entries(cases))('%s', (name, { input, refusals }) => {
  it('answers', async () => {
    const given = input();
    if (given !== null) expect(await send(client, name, given)).toMatchObject({ $metadata: { httpStatusCode: 200 } });
  });

  it('refuses what is wrong', async () => {
    for (const [error, wrong] of refusals) await expect(send(client, name, wrong)).rejects.toSatisfy((reason) => isModelled(reason, error));
  });
});

/** The client has a class of its own for it, and made one of it. */
function isModelled(reason: unknown, error: string): boolean {
  const classes = xray as unknown as Record<string, unknown>;
  const known = classes[error];
  return typeof known === 'function' && reason instanceof known && reason instanceof Error && reason.message !== '';
}

const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const hasBoto3 = has('python3', '-c', 'import boto3');
const hasCli = has('aws', '--version');
for (const [name, isThere] of Object.entries({ 'python3 with boto3': hasBoto3, 'the AWS CLI': hasCli }))
  if (!isThere) console.log(`compat: ${name} is not here, so it was not tried`);

function environment(): NodeJS.ProcessEnv {
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_DEFAULT_REGION: 'us-east-1' };
  return { ...process.env, ...keys, AWS_ENDPOINT_URL_XRAY: standalone.httpUrl };
}

it.skipIf(!hasBoto3)('boto3 manages groups, tags, policies and settings, and raises each refusal as its own exception', () => {
  const script = fileURLToPath(new URL('management.py', import.meta.url));
  const run = spawnSync('python3', [script], { env: environment(), encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual({
    insights: { InsightsEnabled: true, NotificationsEnabled: false },
    filters: ['fault', 'error'],
    names: ['Default', 'boto', 'shop'],
    tags: [{ Key: 'stage', Value: 'test' }],
    encryption: ['alias/boto', 'ACTIVE'],
    policies: ['boto'],
    updated: true,
    indexing: 'Default',
    destination: 'XRay',
    retrieval: 'COMPLETE',
    points: true,
    refusals: ['InvalidRequestException', 'ResourceNotFoundException', 'MalformedPolicyDocumentException', 'ResourceNotFoundException'].map(
      (name) => [name, name],
    ),
  });
});

it.skipIf(!hasCli)('the AWS CLI manages a group and its tags, and says what is wrong', () => {
  const aws = (...args: string[]) => spawnSync('aws', ['xray', ...args, '--output', 'json'], { env: environment(), encoding: 'utf8' });
  const made = aws('create-group', '--group-name', 'cli', '--filter-expression', 'service("shop") { fault }', '--tags', 'Key=a,Value=b');
  expect(made.stderr).toBe('');
  const { GroupARN, FilterExpression } = JSON.parse(made.stdout).Group;
  expect(FilterExpression).toBe('service("shop") { fault }');
  expect(JSON.parse(aws('list-tags-for-resource', '--resource-arn', GroupARN).stdout).Tags).toEqual([{ Key: 'a', Value: 'b' }]);
  expect(JSON.parse(aws('get-groups', '--query', 'Groups[].GroupName').stdout)).toContain('cli');
  expect(aws('delete-group', '--group-arn', GroupARN).status).toBe(0);
  const refused = aws('delete-group', '--group-arn', GroupARN);
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain('(InvalidRequestException)');
});
