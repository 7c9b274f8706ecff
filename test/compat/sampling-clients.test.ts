/**
 * Sampling with clients that nobody here wrote, against the whole product: boto3 and the AWS CLI edit rules on the HTTP port, and
 * running apps with the X-Ray SDKs for Python and Node change what they sample, without a restart. What is not on the machine
 * is named, and not tried.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  CreateSamplingRuleCommand,
  GetSamplingRulesCommand,
  GetSamplingStatisticSummariesCommand,
  GetSamplingTargetsCommand,
  UpdateSamplingRuleCommand,
  type XRayClient,
} from '@aws-sdk/client-xray';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { clientOf } from './api-on-disk.js';

const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const hasBoto3 = has('python3', '-c', 'import boto3');
const hasPythonSdk = has('python3', '-c', 'import aws_xray_sdk');
const hasCli = has('aws', '--version');
const missing = Object.entries({ 'python3 with boto3': hasBoto3, 'the X-Ray SDK for Python': hasPythonSdk, 'the AWS CLI': hasCli });
for (const [name, isThere] of missing) if (!isThere) console.log(`compat: ${name} is not here, so it was not tried`);

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Between two reports of an SDK, with the second in which it then reads the rules, and time for a machine that is busy. */
const reactionMs = 60_000;
/** Three times that, and what starts. */
const appTestMs = 240_000;

let standalone: Standalone;
let client: XRayClient;
let environment: NodeJS.ProcessEnv;
const apps: ChildProcess[] = [];

beforeAll(async () => {
  standalone = await Standalone.start();
  client = clientOf(standalone.httpUrl);
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_DEFAULT_REGION: 'us-east-1' };
  const addresses = { AWS_ENDPOINT_URL_XRAY: standalone.httpUrl, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${standalone.xrayPort}` };
  environment = { ...process.env, ...keys, ...addresses };
});
afterEach(() => {
  for (const app of apps.splice(0)) app.kill('SIGKILL');
});
afterAll(async () => {
  client?.destroy();
  await standalone?.remove();
});

test.skipIf(!hasBoto3)('boto3 makes, changes, reads and deletes a rule, reports of it, and reads what was reported', () => {
  const run = spawnSync('python3', [fileOf('sampling.py')], { env: environment, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual({
    twice: 'InvalidRequestException',
    missing: 'InvalidRequestException',
    names: ['boto', 'Default'],
    rates: [0.25, 0.5],
    modified: true,
    deleted: 'boto',
    quotas: [3],
    unprocessed: ['gone'],
    told: true,
    counts: [[9, 2, 1]],
  });
});

test.skipIf(!hasCli)('the AWS CLI makes, changes, reads and deletes a rule, and says what is wrong', () => {
  const aws = (...args: string[]) => spawnSync('aws', ['xray', ...args, '--output', 'json'], { env: environment, encoding: 'utf8' });
  const patterns = Object.fromEntries(
    ['ResourceARN', 'ServiceName', 'ServiceType', 'Host', 'HTTPMethod', 'URLPath'].map((name) => [name, '*']),
  );
  const rule = { RuleName: 'cli', Priority: 9, FixedRate: 0.1, ReservoirSize: 2, Version: 1, ...patterns };
  const made = aws('create-sampling-rule', '--sampling-rule', JSON.stringify(rule));
  expect(made.stderr).toBe('');
  expect(JSON.parse(made.stdout).SamplingRuleRecord.SamplingRule).toMatchObject(rule);
  const changed = aws('update-sampling-rule', '--sampling-rule-update', 'RuleName=cli,ReservoirSize=7');
  expect(JSON.parse(changed.stdout).SamplingRuleRecord.SamplingRule.ReservoirSize).toBe(7);
  const names = aws('get-sampling-rules', '--query', 'SamplingRuleRecords[].SamplingRule.RuleName');
  expect(JSON.parse(names.stdout)).toEqual(['cli', 'Default']);
  expect(aws('delete-sampling-rule', '--rule-name', 'cli').status).toBe(0);
  const refused = aws('delete-sampling-rule', '--rule-name', 'cli');
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain('(InvalidRequestException)');
});

/** An app that prints each second how many requests it had, and how many of them it sampled. */
function startApp(command: string, ...args: string[]): { name: string; app: ChildProcess; last: () => [number, number] | null } {
  const app = spawn(command, args, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  apps.push(app);
  let last: [number, number] | null = null;
  app.stdout?.on('data', (chunk: Buffer) => {
    const line = chunk.toString().trim().split('\n').at(-1)?.split(' ').map(Number);
    last = [line?.[0] ?? 0, line?.[1] ?? 0];
  });
  return { name: args.at(-1) ?? '', app, last: () => last };
}

/** As the first rule for this app. */
async function makeRule(
  name: string,
  members: { FixedRate: number; ReservoirSize: number; URLPath?: string },
  priority = 10,
): Promise<void> {
  const patterns = { ResourceARN: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', URLPath: '*', ServiceName: name.split(' ')[0] };
  await client.send(
    new CreateSamplingRuleCommand({ SamplingRule: { RuleName: name, Priority: priority, Version: 1, ...patterns, ...members } }),
  );
}

async function change(RuleName: string, members: { FixedRate?: number; ReservoirSize?: number }): Promise<void> {
  await client.send(new UpdateSamplingRuleCommand({ SamplingRuleUpdate: { RuleName, ...members } }));
}

type App = ReturnType<typeof startApp>;

async function untilShare(app: App, isRight: (sampled: number, requests: number) => boolean): Promise<void> {
  await expect
    .poll(() => app.last() !== null && isRight(app.last()?.[1] ?? 0, app.last()?.[0] ?? 0), { timeout: reactionMs, interval: 250 })
    .toBe(true);
}
const nothing = (sampled: number, requests: number) => requests > 5 && sampled === 0;
const everything = (sampled: number, requests: number) => requests > 5 && sampled === requests;

describe('a running app changes what it samples', () => {
  test.skipIf(!hasPythonSdk)(
    'with the X-Ray SDK for Python, which takes its quota and reads new rules within a report',
    async () => {
      await makeRule('python', { FixedRate: 0, ReservoirSize: 0 });
      const app = startApp('python3', fileOf('sampling-app.py'), 'python');
      await untilShare(app, nothing);
      await change('python', { FixedRate: 1 });
      await untilShare(app, everything);
      await makeRule('python first', { FixedRate: 0, ReservoirSize: 4 }, 1);
      await untilShare(app, (sampled, requests) => requests > 20 && sampled === 4);
    },
    appTestMs,
  );

  test(
    'with the X-Ray SDK for Node, whose rate comes with the target of a report, and new rules when it reads them',
    async () => {
      await makeRule('node', { FixedRate: 0, ReservoirSize: 0 });
      const app = startApp(process.execPath, fileOf('sampling-app.cjs'), 'node');
      await untilShare(app, nothing);
      await change('node', { FixedRate: 1 });
      await untilShare(app, everything);
      await makeRule('node first', { FixedRate: 0, ReservoirSize: 0, URLPath: '/orders*' }, 1);
      app.app.kill('SIGUSR2');
      await untilShare(app, nothing);
    },
    appTestMs,
  );

  test('and what the apps have reported is summed up, by rule', async () => {
    const { SamplingStatisticSummaries } = await client.send(new GetSamplingStatisticSummariesCommand({}));
    const ofNode = SamplingStatisticSummaries?.filter(({ RuleName }) => RuleName === 'node') ?? [];
    expect(ofNode.reduce((sum, { RequestCount = 0 }) => sum + RequestCount, 0)).toBeGreaterThan(100);
  });
});

test('rules and statistics survive a restart, and kill -9', async () => {
  const rules = async () => (await client.send(new GetSamplingRulesCommand({}))).SamplingRuleRecords;
  const summaries = async () => (await client.send(new GetSamplingStatisticSummariesCommand({}))).SamplingStatisticSummaries;
  const targetOf = async (n: number, RequestCount: number) => {
    const report = { RuleName: 'kept', ClientID: `${n}`.repeat(24), Timestamp: new Date(), RequestCount, SampledCount: 0 };
    const { SamplingTargetDocuments } = await client.send(new GetSamplingTargetsCommand({ SamplingStatisticsDocuments: [report] }));
    return SamplingTargetDocuments?.[0]?.ReservoirQuota;
  };
  const restart = async () => {
    client.destroy();
    standalone = await Standalone.start({ folder: standalone.folder });
    client = clientOf(standalone.httpUrl);
  };
  await makeRule('kept', { FixedRate: 0.5, ReservoirSize: 10 });
  for (const n of [1, 2]) await targetOf(n, 1_000);
  const before = [await rules(), await summaries()];
  await standalone.killTree();
  await restart();
  expect([await rules(), await summaries()]).toEqual(before);
  expect(await targetOf(3, 10)).toBeGreaterThan(0);
  const after = [await rules(), await summaries()];
  expect((await standalone.stop()).code).toBe(0);
  await restart();
  expect([await rules(), await summaries()]).toEqual(after);
  expect((await standalone.metrics()).get('fluoroscope_sampling_applied_total')).toBe(0);
});
