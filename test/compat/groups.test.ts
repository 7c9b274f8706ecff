/** Groups as the official client sees them: made, changed, deleted, refused. */
import {
  CreateGroupCommand,
  type CreateGroupCommandInput,
  DeleteGroupCommand,
  GetGroupCommand,
  GetGroupsCommand,
  type Group,
  InvalidRequestException,
  TooManyTagsException,
  UpdateGroupCommand,
  type UpdateGroupCommandInput,
  type XRayClient,
} from '@aws-sdk/client-xray';
import { maxGroups } from '@fluoroscope/contract/groups';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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
afterEach(async () => {
  for (const { GroupName } of await groups()) if (GroupName !== 'Default') await client.send(new DeleteGroupCommand({ GroupName }));
});

const arnOfDefault = 'arn:aws:xray:eu-west-1:123456789012:group/Default';
const quiet = { InsightsEnabled: false, NotificationsEnabled: false };
const loud = { InsightsEnabled: true, NotificationsEnabled: true };
const create = async (input: CreateGroupCommandInput) => (await client.send(new CreateGroupCommand(input))).Group;
const update = async (input: UpdateGroupCommandInput) => (await client.send(new UpdateGroupCommand(input))).Group;
const groups = async (): Promise<Group[]> => (await client.send(new GetGroupsCommand({}))).Groups ?? [];

describe('a group', () => {
  it('named Default is always there, without a filter, with insights', async () => {
    expect(await groups()).toEqual([
      { GroupName: 'Default', GroupARN: arnOfDefault, InsightsConfiguration: { ...quiet, InsightsEnabled: true } },
    ]);
  });

  it('is made, and read by its name and its ARN by whoever has the answer', async () => {
    const made = await create({ GroupName: 'slow-1', FilterExpression: 'responsetime > 5', InsightsConfiguration: loud });
    expect(made).toEqual({
      GroupName: 'slow-1',
      GroupARN: expect.stringMatching(/^arn:aws:xray:eu-west-1:123456789012:group\/slow-1\/[A-Z2-7]{52}$/),
      FilterExpression: 'responsetime > 5',
      InsightsConfiguration: loud,
    });
    for (const named of [{ GroupName: 'slow-1' }, { GroupARN: made?.GroupARN }])
      expect((await client.send(new GetGroupCommand(named))).Group).toEqual(made);
    expect((await groups())[1]).toEqual(made);
  });

  it('changes in the members that are given', async () => {
    const made = await create({ GroupName: 'g', FilterExpression: 'fault' });
    expect(await update({ GroupName: 'g', FilterExpression: 'error' })).toEqual({ ...made, FilterExpression: 'error' });
    const enabled = { InsightsEnabled: true, NotificationsEnabled: false };
    expect(await update({ GroupARN: made?.GroupARN, InsightsConfiguration: { InsightsEnabled: true } })).toEqual({
      ...made,
      FilterExpression: 'error',
      InsightsConfiguration: enabled,
    });
    expect((await update({ GroupName: 'g', InsightsConfiguration: loud }))?.InsightsConfiguration).toEqual(loud);
    expect((await update({ GroupName: 'g', InsightsConfiguration: { InsightsEnabled: false } }))?.InsightsConfiguration).toEqual(quiet);
    expect(await update({ GroupName: 'g', FilterExpression: '' })).not.toHaveProperty('FilterExpression');
  });

  it('is gone when it is deleted, and another one has its name later', async () => {
    const first = await create({ GroupName: 'g' });
    await client.send(new DeleteGroupCommand({ GroupARN: first?.GroupARN }));
    const second = await create({ GroupName: 'g' });
    expect(second?.GroupARN).not.toBe(first?.GroupARN);
    await expect(client.send(new GetGroupCommand({ GroupARN: first?.GroupARN }))).rejects.toThrow('does not exist');
  });

  it('of one name is made once, however many ask for it at once', async () => {
    const made = await Promise.allSettled(Array.from({ length: 20 }, () => create({ GroupName: 'one' })));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [refused] = made.filter((result) => result.status === 'rejected');
    expect(refused?.reason).toBeInstanceOf(InvalidRequestException);
  });

  it('answers a retry as it answered the call', async () => {
    const call = (path: string, body: object) =>
      rawCall(`${server.api.url}/${path}`, { headers: { 'amz-sdk-invocation-id': 'again' }, body: JSON.stringify(body) });
    for (const [path, body] of [
      ['CreateGroup', { GroupName: 'g' }],
      ['DeleteGroup', { GroupName: 'g' }],
    ] as const) {
      const answers = [await call(path, body), await call(path, body)];
      expect([path, ...answers.map(({ status }) => status)]).toEqual([path, 200, 200]);
      expect(answers[1]?.body).toBe(answers[0]?.body);
    }
  });
});

describe('a refusal of a group', () => {
  const ofCreate: [string, CreateGroupCommandInput][] = [
    ['reserved', { GroupName: 'Default' }],
    ['letters, digits and dashes', { GroupName: 'a b' }],
    ['length less than or equal to 32', { GroupName: 'a'.repeat(33) }],
    ['must not be null', { GroupName: undefined }],
    ['Invalid filter expression at character 10', { GroupName: 'g', FilterExpression: 'fault AND' }],
    ['cannot name a group', { GroupName: 'g', FilterExpression: 'fault OR !(group.name = "g" AND ok)' }],
    ['less than or equal to 2000', { GroupName: 'g', FilterExpression: 'a'.repeat(2001) }],
    ['needs InsightsEnabled', { GroupName: 'g', InsightsConfiguration: { NotificationsEnabled: true } }],
    ['reserved', { GroupName: 'g', Tags: [{ Key: 'aws:x', Value: '' }] }],
    ['names a key twice', { GroupName: 'g', Tags: [1, 2].map(() => ({ Key: 'a', Value: '' })) }],
  ];
  it.each(ofCreate)('says %s', async (message, input) => {
    const error = await create(input).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidRequestException);
    expect(String(error)).toContain(message);
    expect(await groups()).toHaveLength(1);
  });

  it('is for one group too many, and for one tag too many', async () => {
    for (let n = 0; n < maxGroups; n++) await create({ GroupName: `g${n}` });
    await expect(create({ GroupName: 'one-more' })).rejects.toThrow('at most 25 groups');
    const Tags = Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
    await expect(create({ GroupName: 'tagged', Tags })).rejects.toBeInstanceOf(TooManyTagsException);
  });

  it('is for what does not exist, for both names, for none, and for the group Default', async () => {
    const unknown = { GroupName: 'nobody' };
    const foreign = { GroupARN: arnOfDefault.replace('eu-west-1', 'eu-west-2') };
    const both = { GroupName: 'Default', GroupARN: arnOfDefault };
    for (const named of [unknown, foreign, both, {}])
      for (const command of [new GetGroupCommand(named), new UpdateGroupCommand(named), new DeleteGroupCommand(named)])
        await expect(client.send(command as GetGroupCommand)).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(client.send(new DeleteGroupCommand({ GroupName: 'Default' }))).rejects.toThrow('cannot be deleted');
    await expect(update({ GroupName: 'Default', FilterExpression: 'fault' })).rejects.toThrow('it can have no filter');
    await expect(client.send(new GetGroupsCommand({ NextToken: 'made-up' }))).rejects.toThrow('NextToken is not valid');
  });

  it('is not for insights of the group Default', async () => {
    expect((await update({ GroupName: 'Default', InsightsConfiguration: loud }))?.InsightsConfiguration).toEqual(loud);
    await update({ GroupARN: arnOfDefault, InsightsConfiguration: quiet });
  });
});
