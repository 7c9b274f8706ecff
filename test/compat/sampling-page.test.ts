/** Sampling rules as the dashboard edits them: over HTTP, with what is wrong by member, and told to everybody in the room. */
import { GetSamplingRulesCommand, GetSamplingTargetsCommand } from '@aws-sdk/client-xray';
import type { SamplingMessage } from '@fluoroscope/contract/live';
import type { SamplingRule, SamplingRuleRecord, SamplingView } from '@fluoroscope/contract/sampling';
import { defaultSamplingRule } from '@fluoroscope/xray/sampling-rules';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from './api-on-disk.js';
import { LiveClient, until } from './live-client.js';

interface Answer {
  status: number;
  body: SamplingRuleRecord & { code?: string; message: string; fields?: Record<string, string> };
}

let server: ApiOnDisk;

beforeAll(async () => {
  server = await startApiOnDisk();
});
afterAll(() => server.close());
afterEach(async () => {
  for (const { rule } of (await view()).rules) if (rule.name !== 'Default') await call('DELETE', rule.name);
});

const rule = (members: Partial<SamplingRule> = {}): SamplingRule => ({ ...defaultSamplingRule, name: 'orders', priority: 10, ...members });

async function call(method: string, name: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const path = name === '' ? '' : `/${encodeURIComponent(name)}`;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${server.api.url}/api/sampling/rules${path}`, { method, headers, body: text ?? null });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function view(): Promise<SamplingView> {
  return (await (await fetch(`${server.api.url}/api/sampling/rules`)).json()) as SamplingView;
}

it('are made, changed member by member and deleted, and samplers read the same rules', async () => {
  const made = await call('POST', '', { rule: rule({ urlPath: '/orders/*' }) });
  expect([made.status, made.body.rule]).toEqual([201, rule({ urlPath: '/orders/*' })]);
  await Promise.all([call('PUT', 'orders', { fixedRate: 0.5 }), call('PUT', 'orders', { reservoirSize: 7 })]);
  const wanted = rule({ urlPath: '/orders/*', fixedRate: 0.5, reservoirSize: 7 });
  expect((await view()).rules.map((record) => record.rule)).toEqual([wanted, defaultSamplingRule]);
  const client = clientOf(server.api.url);
  const { SamplingRuleRecords: [first] = [] } = await client.send(new GetSamplingRulesCommand({}));
  expect(first?.SamplingRule).toMatchObject({ RuleName: 'orders', FixedRate: 0.5, ReservoirSize: 7, URLPath: '/orders/*' });
  client.destroy();
  expect((await call('DELETE', 'orders')).body.rule).toEqual(wanted);
  expect((await view()).rules.length).toBe(1);
});

it('are told to who is in the room when somebody edits one, with what samplers report', async () => {
  const live = await LiveClient.connect(server.api.url);
  const told: SamplingMessage[] = [];
  live.socket.on('sampling:snapshot', (message) => told.push(message));
  live.socket.on('sampling:delta', (message) => told.push(message));
  live.socket.emit('join', 'sampling');
  await until(() => told.length > 0);
  await call('POST', '', { rule: rule() });
  await until(() => told.at(-1)?.rules.some((record) => record.rule.name === 'orders') ?? false);
  const client = clientOf(server.api.url);
  const report = {
    RuleName: 'orders',
    ClientID: 'a'.repeat(24),
    Timestamp: new Date(),
    RequestCount: 50,
    SampledCount: 20,
    BorrowCount: 10,
  };
  await client.send(new GetSamplingTargetsCommand({ SamplingStatisticsDocuments: [report] }));
  client.destroy();
  await until(() => told.at(-1)?.uses[0]?.clientCount === 1);
  expect(told.at(-1)?.uses[0]).toMatchObject({ rule: 'orders', requests: 5, sampled: 2, borrowed: 1 });
  expect(told.map(({ sequence }) => sequence - (told[0]?.sequence ?? 0))).toEqual(told.map((_, at) => at));
  live.close();
});

it('are refused with a sentence for each member that is wrong', async () => {
  const { status, body } = await call('POST', '', { rule: { ...rule(), priority: 0, fixedRate: '1', host: 'h'.repeat(65) } });
  expect([status, body.code, Object.keys(body.fields ?? {}).sort()]).toEqual([400, 'invalid_request', ['fixedRate', 'host', 'priority']]);
  await call('POST', '', { rule: rule() });
  const twice = await call('POST', '', { rule: rule() });
  expect([twice.status, twice.body.code, twice.body.fields?.name]).toEqual([409, 'rule_exists', twice.body.message]);
  expect((await call('PUT', 'orders', { reservoirSize: -1 })).body.fields).toHaveProperty('reservoirSize');
  expect((await view()).rules[0]?.rule).toEqual(rule());
});

it.each([
  ['PUT', 'nobody', { fixedRate: 1 }, 404, 'rule_unknown'],
  ['DELETE', 'nobody', undefined, 404, 'rule_unknown'],
  ['PUT', 'Default', { host: 'a' }, 400, 'default_rule'],
  ['DELETE', 'Default', undefined, 400, 'default_rule'],
  ['PUT', 'Default', {}, 400, 'invalid_request'],
  ['PUT', 'Default', { name: 'Other' }, 400, 'invalid_request'],
  ['PUT', 'Default', '[', 400, 'invalid_request'],
  ['POST', '', { rule: 'a' }, 400, 'invalid_request'],
  ['POST', '', { rule: rule(), tags: 1 }, 400, 'invalid_request'],
])('%s of %j with %j is refused', async (method, name, body, status, code) => {
  const before = await view();
  const answer = await call(method, name, body);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect((await view()).rules).toEqual(before.rules);
});

it('are not for pages of other sites', async () => {
  expect((await call('POST', '', { rule: rule() }, { origin: 'http://evil.example' })).status).toBe(403);
  expect((await view()).rules.length).toBe(1);
});
