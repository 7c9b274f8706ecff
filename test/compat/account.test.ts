/** Tags, encryption, resource policies, indexing and destination, as the official client sees them. */
import {
  CreateGroupCommand,
  CreateSamplingRuleCommand,
  DeleteResourcePolicyCommand,
  GetEncryptionConfigCommand,
  GetIndexingRulesCommand,
  GetTraceSegmentDestinationCommand,
  InvalidPolicyRevisionIdException,
  InvalidRequestException,
  ListResourcePoliciesCommand,
  ListTagsForResourceCommand,
  LockoutPreventionException,
  MalformedPolicyDocumentException,
  PolicyCountLimitExceededException,
  PolicySizeLimitExceededException,
  PutEncryptionConfigCommand,
  type PutEncryptionConfigCommandInput,
  PutResourcePolicyCommand,
  type PutResourcePolicyCommandInput,
  ResourceNotFoundException,
  TagResourceCommand,
  TooManyTagsException,
  UntagResourceCommand,
  UpdateIndexingRuleCommand,
  UpdateTraceSegmentDestinationCommand,
  type XRayClient,
} from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from './api-on-disk.js';

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

const arn = 'arn:aws:xray:eu-west-1:123456789012:';

describe('tags', () => {
  const tag = (ResourceARN: string, tags: Record<string, string>) =>
    client.send(new TagResourceCommand({ ResourceARN, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }));
  const tagsOf = async (ResourceARN: string) =>
    Object.fromEntries(
      ((await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags ?? []).map(({ Key, Value }) => [Key, Value]),
    );

  it('are given with a group or a rule, or later, and are taken away', async () => {
    const Tags = [{ Key: 'team', Value: 'shop' }];
    const { Group } = await client.send(new CreateGroupCommand({ GroupName: 'tagged', Tags }));
    const patterns = { ResourceARN: '*', ServiceName: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', URLPath: '*' };
    const SamplingRule = { RuleName: 'tagged', Priority: 1, FixedRate: 0, ReservoirSize: 0, Version: 1, ...patterns };
    await client.send(new CreateSamplingRuleCommand({ SamplingRule, Tags }));
    for (const resource of [Group?.GroupARN ?? '', `${arn}sampling-rule/tagged`, `${arn}sampling-rule/Default`, `${arn}group/Default`]) {
      await tag(resource, { team: 'cart', stage: '' });
      expect(await tagsOf(resource)).toEqual({ team: 'cart', stage: '' });
      await client.send(new UntagResourceCommand({ ResourceARN: resource, TagKeys: ['team', 'unknown'] }));
      expect(await tagsOf(resource)).toEqual({ stage: '' });
    }
  });

  it('are refused for what is not there, and beyond 50', async () => {
    for (const resource of ['a', `${arn}group/gone/ABC`, `${arn}group/gone`, `${arn}sampling-rule/gone`, 'arn:aws:s3:::bucket']) {
      const notFound = { name: 'ResourceNotFoundException', ResourceName: resource };
      await expect(tagsOf(resource)).rejects.toMatchObject(notFound);
      await expect(tag(resource, { a: 'b' })).rejects.toBeInstanceOf(ResourceNotFoundException);
      await expect(client.send(new UntagResourceCommand({ ResourceARN: resource, TagKeys: [] }))).rejects.toMatchObject(notFound);
    }
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, '']));
    await expect(tag(`${arn}group/Default`, many)).rejects.toMatchObject({ name: 'TooManyTagsException', ResourceName: 'Default' });
    await expect(tag(`${arn}group/Default`, { ...many, a: '' })).rejects.toBeInstanceOf(TooManyTagsException);
    await expect(tag(`${arn}group/Default`, { 'AWS:x': '' })).rejects.toThrow('reserved');
    const page = new ListTagsForResourceCommand({ ResourceARN: `${arn}group/Default`, NextToken: 'made up' });
    await expect(client.send(page)).rejects.toThrow('NextToken is not valid');
    expect(await tagsOf(`${arn}group/Default`)).toEqual({ stage: '' });
  });
});

describe('encryption', () => {
  const put = (input: PutEncryptionConfigCommandInput) => client.send(new PutEncryptionConfigCommand(input));
  const config = async () => (await client.send(new GetEncryptionConfigCommand({}))).EncryptionConfig;

  it('has no key until one is put, and is updating until it is active', async () => {
    expect(await config()).toEqual({ Type: 'NONE', Status: 'ACTIVE' });
    for (const KeyId of [
      'alias/shop',
      'c234b4e8-39e9-4cb0-84e2-b0ea215cbba5',
      'arn:aws:kms:eu-west-1:123456789012:key/c234b4e8-39e9-4cb0-84e2-b0ea215cbba5',
    ]) {
      expect((await put({ Type: 'KMS', KeyId })).EncryptionConfig).toEqual({ Type: 'KMS', KeyId, Status: 'UPDATING' });
      expect(await config()).toEqual({ Type: 'KMS', KeyId, Status: 'ACTIVE' });
    }
    await put({ Type: 'NONE' });
    expect(await config()).toEqual({ Type: 'NONE', Status: 'ACTIVE' });
  });

  it.each([{ Type: 'KMS' }, { Type: 'NONE', KeyId: 'alias/a' }, { Type: 'KMS', KeyId: 'a b' }, { Type: 'AES' }, {}])(
    'is not %j',
    async (input) => {
      await expect(put(input as PutEncryptionConfigCommandInput)).rejects.toBeInstanceOf(InvalidRequestException);
    },
  );
});

describe('a resource policy', () => {
  const policy = (members: object = {}) => {
    const Statement = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'xray:PutTraceSegments', Resource: '*' };
    return JSON.stringify({ Version: '2012-10-17', Statement: [{ ...Statement, ...members }] });
  };
  const put = async (PolicyName: string, members: Partial<PutResourcePolicyCommandInput> = {}) =>
    (await client.send(new PutResourcePolicyCommand({ PolicyName, PolicyDocument: policy(), ...members }))).ResourcePolicy;
  const policies = async () => (await client.send(new ListResourcePoliciesCommand({}))).ResourcePolicies ?? [];
  const remove = (PolicyName: string, PolicyRevisionId?: string) =>
    client.send(new DeleteResourcePolicyCommand({ PolicyName, PolicyRevisionId }));

  it('is put, listed, changed by whoever knows its revision, and deleted', async () => {
    const made = await put('a', { PolicyRevisionId: '0' });
    expect(made).toEqual({
      PolicyName: 'a',
      PolicyDocument: policy(),
      PolicyRevisionId: expect.any(String),
      LastUpdatedTime: expect.any(Date),
    });
    expect(await policies()).toEqual([made]);
    const { PolicyRevisionId } = made ?? {};
    const changed = await put('a', { PolicyRevisionId, PolicyDocument: policy({ Action: 'xray:*' }) });
    for (const stale of [PolicyRevisionId, '0', 'x'])
      await expect(put('a', { PolicyRevisionId: stale })).rejects.toBeInstanceOf(InvalidPolicyRevisionIdException);
    await expect(remove('a', PolicyRevisionId)).rejects.toBeInstanceOf(InvalidPolicyRevisionIdException);
    expect(await policies()).toEqual([changed]);
    await remove('a', changed?.PolicyRevisionId);
    expect(await policies()).toEqual([]);
  });

  it('is refused when it is none, too large, one too many, or would lock its author out', async () => {
    await expect(put('a', { PolicyDocument: '{' })).rejects.toBeInstanceOf(MalformedPolicyDocumentException);
    const large = policy({ Sid: 'a'.repeat(5 * 1024) });
    await expect(put('a', { PolicyDocument: large })).rejects.toBeInstanceOf(PolicySizeLimitExceededException);
    const PolicyDocument = policy({ Effect: 'Deny', Principal: '*', Action: 'xray:Put*' });
    await expect(put('a', { PolicyDocument })).rejects.toBeInstanceOf(LockoutPreventionException);
    await put('a', { PolicyDocument, BypassPolicyLockoutCheck: true });
    for (const name of ['b', 'c', 'd', 'e']) await put(name);
    await expect(put('f')).rejects.toBeInstanceOf(PolicyCountLimitExceededException);
    await expect(put('a b')).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(remove('nobody')).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(client.send(new ListResourcePoliciesCommand({ NextToken: 'x' }))).rejects.toThrow('NextToken is not valid');
  });
});

describe('indexing', () => {
  const update = (Name: string, DesiredSamplingPercentage: number) =>
    client.send(new UpdateIndexingRuleCommand({ Name, Rule: { Probabilistic: { DesiredSamplingPercentage } } }));

  it('has one rule, whose share changes, while every trace is indexed', async () => {
    const first = await client.send(new GetIndexingRulesCommand({}));
    expect(first.IndexingRules).toMatchObject([
      { Name: 'Default', Rule: { Probabilistic: { DesiredSamplingPercentage: 1, ActualSamplingPercentage: 100 } } },
    ]);
    const { IndexingRule } = await update('Default', 12.5);
    expect(IndexingRule?.ModifiedAt?.getTime()).toBeGreaterThan(first.IndexingRules?.[0]?.ModifiedAt?.getTime() ?? 0);
    expect((await client.send(new GetIndexingRulesCommand({}))).IndexingRules).toEqual([IndexingRule]);
  });

  it('has no other rule and no other share', async () => {
    await expect(update('other', 1)).rejects.toMatchObject({ name: 'ResourceNotFoundException', ResourceName: 'other' });
    for (const share of [-1, 100.5]) await expect(update('Default', share)).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(client.send(new GetIndexingRulesCommand({ NextToken: 'x' }))).rejects.toThrow('NextToken is not valid');
  });
});

describe('the destination of segments', () => {
  it('is X-Ray until it is changed, and pending until it is active', async () => {
    const destination = async () => {
      const { Destination, Status } = await client.send(new GetTraceSegmentDestinationCommand({}));
      return [Destination, Status];
    };
    expect(await destination()).toEqual(['XRay', 'ACTIVE']);
    const changed = await client.send(new UpdateTraceSegmentDestinationCommand({ Destination: 'CloudWatchLogs' }));
    expect([changed.Destination, changed.Status]).toEqual(['CloudWatchLogs', 'PENDING']);
    expect(await destination()).toEqual(['CloudWatchLogs', 'ACTIVE']);
    await expect(client.send(new UpdateTraceSegmentDestinationCommand({}))).rejects.toBeInstanceOf(InvalidRequestException);
  });
});
