/** Sampling rules and targets as the official client sees them: made, changed, deleted, refused, divided, and summed up. */
import {
  CreateSamplingRuleCommand,
  DeleteSamplingRuleCommand,
  GetSamplingRulesCommand,
  GetSamplingStatisticSummariesCommand,
  GetSamplingTargetsCommand,
  InvalidRequestException,
  RuleLimitExceededException,
  type SamplingRule,
  type SamplingStatisticsDocument,
  TooManyTagsException,
  UpdateSamplingRuleCommand,
  type XRayClient,
} from '@aws-sdk/client-xray';
import fc from 'fast-check';
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
  for (const { RuleName } of await rules()) if (RuleName !== undefined && RuleName !== 'Default') await remove(RuleName);
});

const arnOf = (name: string) => `arn:aws:xray:eu-west-1:123456789012:sampling-rule/${name}`;
const rule = (RuleName: string, members: Partial<SamplingRule> = {}): SamplingRule => ({
  RuleName,
  ResourceARN: '*',
  Priority: 100,
  FixedRate: 0.1,
  ReservoirSize: 5,
  ServiceName: '*',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: '*',
  URLPath: '*',
  Version: 1,
  ...members,
});
const create = (SamplingRule: SamplingRule) => client.send(new CreateSamplingRuleCommand({ SamplingRule }));
const remove = (RuleName: string) => client.send(new DeleteSamplingRuleCommand({ RuleName }));

async function rules(): Promise<SamplingRule[]> {
  const { SamplingRuleRecords } = await client.send(new GetSamplingRulesCommand({}));
  return (SamplingRuleRecords ?? []).map(({ SamplingRule }) => SamplingRule ?? rule(''));
}

const clientId = (n: number) => n.toString(16).padStart(24, '0');
const report = (RuleName: string, client: number, RequestCount: number, SampledCount = 0): SamplingStatisticsDocument => ({
  RuleName,
  ClientID: clientId(client),
  Timestamp: new Date(),
  RequestCount,
  SampledCount,
  BorrowCount: 0,
});
const targets = (...SamplingStatisticsDocuments: SamplingStatisticsDocument[]) =>
  client.send(new GetSamplingTargetsCommand({ SamplingStatisticsDocuments }));

describe('a sampling rule', () => {
  it('is read with all its members by whoever has the answer', async () => {
    const before = Date.now();
    const full = rule('checkout', {
      Priority: 1,
      ServiceName: 'front',
      HTTPMethod: 'POST',
      URLPath: '/cart/*',
      Attributes: { tier: 'gold*' },
      SamplingRateBoost: { MaxRate: 0.5, CooldownWindowMinutes: 10 },
    });
    const { SamplingRuleRecord: made } = await create(full);
    expect(made?.SamplingRule).toEqual({ ...full, RuleARN: arnOf('checkout') });
    expect(made?.CreatedAt).toEqual(made?.ModifiedAt);
    expect(made?.CreatedAt?.getTime()).toBeGreaterThanOrEqual(before - 1);
    expect((await rules())[0]).toEqual(made?.SamplingRule);
  });

  it('is listed in the order in which rules are asked, each with the members that samplers drop a rule for', async () => {
    for (const [name, Priority] of [
      ['b', 20],
      ['c', 10],
      ['a', 20],
    ] as const)
      await create(rule(name, { Priority }));
    expect((await rules()).map(({ RuleName }) => RuleName)).toEqual(['c', 'a', 'b', 'Default']);
    const { body } = await rawCall(`${server.api.url}/GetSamplingRules`);
    for (const { SamplingRule, CreatedAt, ModifiedAt } of JSON.parse(body).SamplingRuleRecords) {
      expect(SamplingRule).toMatchObject({ Attributes: {}, Version: 1, ResourceARN: '*', ServiceType: '*' });
      expect([CreatedAt, ModifiedAt]).toEqual([expect.any(Number), expect.any(Number)]);
    }
  });

  it('changes in the members that are given, by its name or its ARN', async () => {
    await create(rule('a', { Attributes: { k: 'v' } }));
    const update = (SamplingRuleUpdate: object) => client.send(new UpdateSamplingRuleCommand({ SamplingRuleUpdate }));
    await update({ RuleName: 'a', FixedRate: 0.9, Attributes: {} });
    const { SamplingRuleRecord } = await update({ RuleARN: arnOf('a'), ReservoirSize: 0 });
    expect(SamplingRuleRecord?.SamplingRule).toMatchObject({ FixedRate: 0.9, ReservoirSize: 0, Priority: 100, Attributes: {} });
    expect(SamplingRuleRecord?.ModifiedAt?.getTime()).toBeGreaterThan(SamplingRuleRecord?.CreatedAt?.getTime() ?? 0);
    await update({ RuleARN: 'arn:aws:xray:eu-west-1::sampling-rule/a', Priority: 7 });
    expect((await rules())[0]).toMatchObject({ RuleName: 'a', Priority: 7 });
  });

  it('is answered when it is deleted, and is gone', async () => {
    await create(rule('a'));
    const { SamplingRuleRecord } = await client.send(new DeleteSamplingRuleCommand({ RuleARN: arnOf('a') }));
    expect(SamplingRuleRecord?.SamplingRule?.RuleName).toBe('a');
    expect((await rules()).map(({ RuleName }) => RuleName)).toEqual(['Default']);
  });

  it('named Default is tuned, and stays', async () => {
    const update = (SamplingRuleUpdate: object) => client.send(new UpdateSamplingRuleCommand({ SamplingRuleUpdate }));
    await update({ RuleName: 'Default', FixedRate: 0.5, ReservoirSize: 3 });
    expect(await rules()).toMatchObject([{ RuleName: 'Default', FixedRate: 0.5, ReservoirSize: 3, Priority: 10_000 }]);
    await update({ RuleName: 'Default', FixedRate: 0.05, ReservoirSize: 1 });
    await expect(update({ RuleName: 'Default', Priority: 5 })).rejects.toThrow('Invalid update request for default sampling rule');
    await expect(remove('Default')).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(create(rule('Default'))).rejects.toBeInstanceOf(InvalidRequestException);
  });

  it('of one name is made once, however many ask for it at once', async () => {
    const made = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => create(rule('one', { Priority: n + 1 }))));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of made) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(InvalidRequestException);
    expect(await rules()).toHaveLength(2);
  });

  it('is made once by a client that tries again', async () => {
    const headers = { 'amz-sdk-invocation-id': 'a1b2' };
    const body = JSON.stringify({ SamplingRule: rule('again') });
    const answers = [];
    for (let n = 0; n < 2; n++) answers.push(await rawCall(`${server.api.url}/CreateSamplingRule`, { headers, body }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]?.body).toBe(answers[0]?.body);
  });

  it('is one of 25 at most', async () => {
    for (let n = 0; n < 25; n++) await create(rule(`rule ${n}`));
    await expect(create(rule('one more'))).rejects.toBeInstanceOf(RuleLimitExceededException);
    expect(await rules()).toHaveLength(26);
  });
});

describe('what is refused', () => {
  it.each<[string, object]>([
    ['RuleName is required', rule('a', { RuleName: undefined })],
    ['RuleARN cannot be given', rule('a', { RuleARN: 'arn' })],
    ['Version must be 1', rule('a', { Version: 2 })],
    ["'samplingRule.version' failed", rule('a', { Version: 0 })],
    ["'samplingRule.ruleName' failed", rule('')],
    ["'samplingRule.ruleName' failed", rule('a'.repeat(33))],
    ["'samplingRule.priority' failed", rule('a', { Priority: 0 })],
    ["'samplingRule.priority' failed", rule('a', { Priority: 10_000 })],
    ['Member must be an integer', rule('a', { Priority: 1.5 })],
    ["'samplingRule.fixedRate' failed", rule('a', { FixedRate: 1.01 })],
    ["Value null at 'samplingRule.fixedRate'", rule('a', { FixedRate: undefined })],
    ["'samplingRule.reservoirSize' failed", rule('a', { ReservoirSize: -1 })],
    ["'samplingRule.hTTPMethod' failed", rule('a', { HTTPMethod: 'PROPPATCHES' })],
    ["'samplingRule.uRLPath' failed", rule('a', { URLPath: 'a'.repeat(129) })],
    ["'samplingRule.host' failed", rule('a', { Host: 'a'.repeat(65) })],
    ["'samplingRule.attributes' failed", rule('a', { Attributes: Object.fromEntries([...'abcdef'].map((key) => [key, 'v'])) })],
    ["'samplingRule.attributes.k.member' failed", rule('a', { Attributes: { k: '' } })],
    ["'samplingRule.samplingRateBoost.maxRate' failed", rule('a', { SamplingRateBoost: { MaxRate: 2, CooldownWindowMinutes: 1 } })],
    ["Value null at 'samplingRule'", { absent: true }],
  ])('says %s', async (message, SamplingRule) => {
    const given = 'absent' in SamplingRule ? {} : { SamplingRule: SamplingRule as SamplingRule };
    const error: unknown = await client
      .send(new CreateSamplingRuleCommand(given as { SamplingRule: SamplingRule }))
      .catch((reason) => reason);
    expect(error).toBeInstanceOf(InvalidRequestException);
    expect(String(error)).toContain(message);
    expect(await rules()).toHaveLength(1);
  });

  it('is a rule that is not there, a name and an ARN, or neither', async () => {
    for (const which of [{ RuleName: 'no' }, { RuleARN: arnOf('no') }, { RuleARN: 'no' }, { RuleName: 'a', RuleARN: arnOf('a') }, {}]) {
      await expect(client.send(new DeleteSamplingRuleCommand(which))).rejects.toBeInstanceOf(InvalidRequestException);
      await expect(client.send(new UpdateSamplingRuleCommand({ SamplingRuleUpdate: which }))).rejects.toBeInstanceOf(
        InvalidRequestException,
      );
    }
  });

  it('are more than 50 tags, and a key twice', async () => {
    const tagged = (keys: string[]) =>
      client.send(new CreateSamplingRuleCommand({ SamplingRule: rule('a'), Tags: keys.map((Key) => ({ Key, Value: 'v' })) }));
    await expect(tagged(Array.from({ length: 51 }, (_, n) => `k${n}`))).rejects.toBeInstanceOf(TooManyTagsException);
    await expect(tagged(['a', 'a'])).rejects.toBeInstanceOf(InvalidRequestException);
    await tagged(['a', 'b']);
  });

  it('is a token that nobody gave', async () => {
    const token = { NextToken: 'made up' };
    await expect(client.send(new GetSamplingRulesCommand(token))).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(client.send(new GetSamplingStatisticSummariesCommand(token))).rejects.toBeInstanceOf(InvalidRequestException);
  });

  it('is never answered by a failure of ours, whatever a rule is made of', async () => {
    const names = Object.keys(rule(''));
    const broken = fc.tuple(fc.constantFrom(...names, 'Attributes', 'SamplingRateBoost', 'RuleARN'), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(fc.array(broken, { minLength: 1, maxLength: 3 }), fc.boolean(), async (members, isUpdate) => {
        const given = { ...rule('fuzzed'), ...Object.fromEntries(members) };
        const body = JSON.stringify(isUpdate ? { SamplingRuleUpdate: given } : { SamplingRule: given });
        const { status } = await rawCall(`${server.api.url}/${isUpdate ? 'Update' : 'Create'}SamplingRule`, { body });
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 100 },
    );
  });
});

describe('sampling targets', () => {
  it('divide a reservoir over the clients that report, by what they ask for', async () => {
    await create(rule('shared', { ReservoirSize: 10 }));
    const first = await targets(report('shared', 1, 1_000));
    expect(first.SamplingTargetDocuments).toMatchObject([{ RuleName: 'shared', FixedRate: 0.1, ReservoirQuota: 10, Interval: 10 }]);
    const ttl = (first.SamplingTargetDocuments?.[0]?.ReservoirQuotaTTL?.getTime() ?? 0) - Date.now();
    expect(ttl).toBeGreaterThan(290_000);
    const quotas = [];
    for (const [client, requests] of [
      [2, 1_000],
      [3, 25],
    ] as const)
      await targets(report('shared', client, requests));
    for (const client of [1, 2, 3]) quotas.push((await targets(report('shared', client, 0))).SamplingTargetDocuments?.[0]?.ReservoirQuota);
    expect(quotas).toEqual([4, 4, 2]);
  });

  it('are 0 for the clients that a small reservoir does not reach, and for a rule without one', async () => {
    await create(rule('small', { ReservoirSize: 2 }));
    await create(rule('none', { ReservoirSize: 0 }));
    for (let n = 0; n < 6; n++) await targets(report('small', n, 500));
    const { SamplingTargetDocuments } = await targets(...[0, 1, 2, 3, 4, 5].map((n) => report('small', n, 0)), report('none', 1, 50));
    expect(SamplingTargetDocuments?.map(({ ReservoirQuota }) => ReservoirQuota)).toEqual([1, 1, 0, 0, 0, 0, 0]);
  });

  it('tell of every change, a deletion too, by a time that is not in the future', async () => {
    const modified = async () => (await targets(report('Default', 9, 1))).LastRuleModification?.getTime() ?? 0;
    await create(rule('a'));
    const removingAt = Date.now();
    await remove('a');
    const removedAt = Date.now();
    expect(await modified()).toBeLessThanOrEqual(Date.now());
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const said = await modified();
    expect(said).toBeGreaterThanOrEqual(removingAt);
    expect(said).toBeLessThanOrEqual(removedAt + 1_000);
    expect(said % 1_000).toBe(0);
  });

  it('name what was reported of a rule that is gone, and answer the rest', async () => {
    const answer = await targets(report('Default', 1, 5), report('gone', 1, 5));
    expect(answer.SamplingTargetDocuments?.map(({ RuleName }) => RuleName)).toEqual(['Default']);
    expect(answer.UnprocessedStatistics).toMatchObject([{ RuleName: 'gone', ErrorCode: '400' }]);
    expect(answer.UnprocessedBoostStatistics).toBeUndefined();
  });

  it('raise the rate where anomalies are not sampled, once in a cool-down', async () => {
    await create(rule('boosted', { SamplingRateBoost: { MaxRate: 0.6, CooldownWindowMinutes: 5 } }));
    const anomalies = (AnomalyCount: number, RuleName = 'boosted') =>
      client.send(
        new GetSamplingTargetsCommand({
          SamplingStatisticsDocuments: [report('boosted', 1, 100)],
          SamplingBoostStatisticsDocuments: [
            { RuleName, ServiceName: 's', Timestamp: new Date(), AnomalyCount, TotalCount: 100, SampledAnomalyCount: 0 },
          ],
        }),
      );
    expect((await anomalies(0)).SamplingTargetDocuments?.[0]?.SamplingBoost).toBeUndefined();
    const boost = (await anomalies(5)).SamplingTargetDocuments?.[0]?.SamplingBoost;
    expect(boost?.BoostRate).toBe(0.6);
    const lastsMs = (boost?.BoostRateTTL?.getTime() ?? 0) - Date.now();
    expect(lastsMs).toBeGreaterThan(50_000);
    expect(lastsMs).toBeLessThanOrEqual(60_000);
    expect((await anomalies(40)).SamplingTargetDocuments?.[0]?.SamplingBoost).toEqual(boost);
    expect((await anomalies(5, 'gone')).UnprocessedBoostStatistics).toMatchObject([{ RuleName: 'gone', ErrorCode: '400' }]);
  });

  it('count a report once, when a client tries again', async () => {
    await create(rule('retried'));
    const headers = { 'amz-sdk-invocation-id': 'c3d4' };
    const document = { ...report('retried', 1, 7), Timestamp: Date.now() / 1000 };
    const body = JSON.stringify({ SamplingStatisticsDocuments: [document] });
    for (let n = 0; n < 3; n++) await rawCall(`${server.api.url}/SamplingTargets`, { headers, body });
    expect((await summaries()).find(({ RuleName }) => RuleName === 'retried')?.RequestCount).toBe(7);
  });
});

describe('while the disk takes nothing', () => {
  it('rules are read and targets are answered, and what cannot be kept is said', async () => {
    const broken = await startApiOnDisk();
    const other = clientOf(broken.api.url);
    await other.send(new CreateSamplingRuleCommand({ SamplingRule: rule('kept', { FixedRate: 0.7 }) }));
    await broken.breakLogs();
    await expect(other.send(new DeleteSamplingRuleCommand({ RuleName: 'kept' }))).rejects.toMatchObject({ name: 'InternalFailure' });
    const { SamplingRuleRecords } = await other.send(new GetSamplingRulesCommand({}));
    expect(SamplingRuleRecords?.map(({ SamplingRule }) => SamplingRule?.RuleName)).toEqual(['kept', 'Default']);
    const answer = await other.send(new GetSamplingTargetsCommand({ SamplingStatisticsDocuments: [report('kept', 1, 5)] }));
    expect(answer.SamplingTargetDocuments).toMatchObject([{ RuleName: 'kept', FixedRate: 0.7 }]);
    expect(answer.SamplingTargetDocuments?.[0]).not.toHaveProperty('ReservoirQuota');
    expect(answer.UnprocessedStatistics).toMatchObject([{ RuleName: 'kept', ErrorCode: '500' }]);
    other.destroy();
    await broken.close();
  });
});

async function summaries() {
  const found = [];
  for (let NextToken: string | undefined, isFirst = true; isFirst || NextToken !== undefined; isFirst = false) {
    const page = await client.send(new GetSamplingStatisticSummariesCommand(NextToken === undefined ? {} : { NextToken }));
    found.push(...(page.SamplingStatisticSummaries ?? []));
    NextToken = page.NextToken;
  }
  return found;
}

describe('statistic summaries', () => {
  it('are sums over all clients for ten seconds of a rule', async () => {
    await create(rule('summed'));
    const at = new Date(Math.floor(Date.now() / 10_000) * 10_000 - 60_000);
    for (const client of [1, 2, 3]) await targets({ ...report('summed', client, 10, 4), Timestamp: at, BorrowCount: 1 });
    await targets({ ...report('summed', 1, 1), Timestamp: new Date(at.getTime() + 10_000) });
    expect((await summaries()).filter(({ RuleName }) => RuleName === 'summed')).toEqual([
      { RuleName: 'summed', Timestamp: new Date(at.getTime() + 10_000), RequestCount: 1, SampledCount: 0, BorrowCount: 0 },
      { RuleName: 'summed', Timestamp: at, RequestCount: 30, SampledCount: 12, BorrowCount: 3 },
    ]);
  });

  it('come in pages', async () => {
    for (let n = 0; n < 25; n++) await create(rule(`paged ${n}`));
    const start = Math.floor(Date.now() / 10_000) * 10_000;
    for (let window = 1; window <= 45; window++) {
      const Timestamp = new Date(start + (window % 25) * 10_000 - 240_000 + (window > 25 ? 5_000 : 0));
      await targets(...Array.from({ length: 25 }, (_, n) => ({ ...report(`paged ${n}`, window, 1), Timestamp })));
    }
    const first = await client.send(new GetSamplingStatisticSummariesCommand({}));
    const all = (await summaries()).filter(({ RuleName }) => RuleName?.startsWith('paged'));
    expect(all).toHaveLength(25 * 25);
    expect(all.reduce((sum, { RequestCount = 0 }) => sum + RequestCount, 0)).toBe(45 * 25);
    expect(first.SamplingStatisticSummaries?.length).toBeLessThanOrEqual(500);
    expect(first.NextToken).toBeDefined();
  });
});
