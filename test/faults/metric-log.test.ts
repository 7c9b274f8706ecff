/**
 * kill -9 of the writer and of ClickHouse, again and again, while calls of PutMetricData are made, and then of the whole tree: what was
 * acknowledged is stored and counted once, and so is what another producer has left in the log, without Ids. A death
 * between insert and commit is too short a moment to be met here: test/storage/metrics.test.ts has it.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskLog } from '@fluoroscope/log/disk-log';
import { afterEach, expect, test } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { Standalone, temporaryFolder } from '../fixtures/standalone.js';
import { fate } from './equations.js';

const randomSeed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`metric log: random seed ${randomSeed}`);

const earlierCalls = 500;
/** Between two kills, so that they meet every phase of a batch. */
const mostBetweenKillsMs = 500;
/** Mostly long enough for a batch to be under way: one is due every second. */
const leastStillMs = 500;
const mostStillMs = 1_200;
const mostPauseMs = 10;
const againShare = 0.1;
const untimedShare = 0.3;
const patientMs = 60_000;
const startSeconds = 60 * Math.floor(Date.now() / 60_000) - 120;
const tills = ['east', 'north', 'west'];
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

let standalone: Standalone | null = null;
afterEach(async () => {
  await standalone?.remove();
  standalone = null;
});

test.each([1, randomSeed])('what was acknowledged is stored once, whatever is killed: seed %i', async (seed) => {
  const folder = await temporaryFolder();
  await appendEarlier(folder);
  standalone = await Standalone.start({ folder });
  const load = new Load(seed);
  await load.putUntil(standalone, killRepeatedly(standalone, seed));
  const count = earlierCalls + load.calls.length;
  await expectCounters(standalone, count);
  await expectStored(standalone, count);
  expect(await standalone.health()).toMatchObject({ body: { parts: { 'metric log': 'ok' } } });
  expect(fate(await standalone.metrics(), 'metric_log_bytes')).toBeGreaterThan(0);
  await standalone.killTree();

  standalone = await Standalone.start({ folder });
  await expectCounters(standalone, count);
  // Its clients have not heard the answers, and ask an api that does not know them.
  const again = load.calls.slice(-20);
  for (const call of again) await put(standalone, call);
  await expectCounters(standalone, count + again.length);
  await expectStored(standalone, count);
  expect((await standalone.stop()).code).toBe(0);
});

interface Call {
  invocationId: string;
  body: object;
}

/** Puts one call after the other, each of them acknowledged; some twice, as a client does that has not heard the answer. */
class Load {
  readonly calls: Call[] = [];
  private readonly chance: Chance;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  async putUntil(to: Standalone, end: Promise<void>): Promise<void> {
    let isOver = false;
    const over = end.finally(() => {
      isOver = true;
    });
    // It is heard below; until then the load goes on.
    over.catch(() => {});
    while (!isOver) {
      const number = earlierCalls + this.calls.length + 1;
      const call = { invocationId: `call-${number}`, body: documentOf(number, !this.chance.hit(untimedShare)) };
      await put(to, call);
      this.calls.push(call);
      if (this.chance.hit(againShare)) await put(to, call);
      await sleep(this.chance.between(0, mostPauseMs));
    }
    await over;
  }
}

/** Value 1, 2, 3, …, at one of the tills, within one minute or when it is received. */
function documentOf(number: number, isTimed: boolean): object {
  const datum = { MetricName: 'Orders', Dimensions: [{ Name: 'Till', Value: tills[number % tills.length] }], Value: number };
  return { Namespace: 'Shop', MetricData: [{ ...datum, ...(isTimed && { Timestamp: startSeconds + (number % 60) }) }] };
}

/** Without Ids, as they have no need of one. While no tree has the folder. */
async function appendEarlier(folder: string): Promise<void> {
  const log = await DiskLog.open({ folder: join(folder, 'metrics'), capBytes: 1e8, logger: quiet });
  const documents = Array.from({ length: earlierCalls }, (_, i) => Buffer.from(JSON.stringify(documentOf(i + 1, true))));
  await log.append(documents, Date.now());
  await log.close();
}

/** Each once, in an order of the seed. While ClickHouse stands still a batch is under way for long, so that the writer dies in the midst of it. */
const falls: ((victim: Standalone, chance: Chance) => Promise<void>)[] = [
  (victim) => victim.kill('writer'),
  (victim) => victim.kill('engine'),
  async (victim, chance) => {
    await killWhileStill(victim, chance);
    await victim.kill('engine');
  },
  async (victim, chance) => {
    await killWhileStill(victim, chance);
    victim.resume('engine');
  },
];

async function killWhileStill(victim: Standalone, chance: Chance): Promise<void> {
  // It may have been killed just before.
  while (victim.pids().engine === null) await sleep(20);
  victim.pause('engine');
  await sleep(chance.between(leastStillMs, mostStillMs));
  await victim.kill('writer');
}

async function killRepeatedly(victim: Standalone, seed: number): Promise<void> {
  const chance = new Chance(seed + 1);
  for (const fall of chance.shuffled(falls)) {
    await sleep(chance.between(50, mostBetweenKillsMs));
    await fall(victim, chance);
  }
}

async function put(to: Standalone, { invocationId, body }: Call): Promise<void> {
  const { status } = await ask(to, 'PutMetricData', { body, headers: { 'amz-sdk-invocation-id': invocationId } });
  expect(status).toBe(200);
}

interface Question {
  body: object;
  headers?: Record<string, string>;
}

async function ask(to: Standalone, operation: string, { body, headers }: Question): Promise<Response> {
  const target = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `GraniteServiceVersion20100801.${operation}` };
  const signal = AbortSignal.timeout(patientMs);
  return fetch(`${to.httpUrl}/`, { method: 'POST', headers: { ...target, ...headers }, body: JSON.stringify(body), signal });
}

/** Every document of the log is stored, and none is anything else. */
async function expectCounters(tree: Standalone, count: number): Promise<void> {
  const counted = async () => {
    const metrics = await tree.metrics();
    return ['appended', 'stored', 'rejected', 'dead', 'lost', 'lag'].map((name) => fate(metrics, `metric_writer_${name}`));
  };
  await expect.poll(() => counted().catch(String), { timeout: patientMs }).toEqual([count, count, 0, 0, 0, 0]);
}

/** The calls 1 to `count`, each once. */
async function expectStored(tree: Standalone, count: number): Promise<void> {
  const listed = (await (await ask(tree, 'ListMetrics', { body: { Namespace: 'Shop' } })).json()) as { Metrics: object[] };
  expect(listed.Metrics).toEqual(tills.map((till) => ({ Namespace: 'Shop', MetricName: 'Orders', Dimensions: dimensionsOf(till) })));
  const datapoints = (await Promise.all(tills.map((till) => datapointsOf(tree, till)))).flat();
  const total = (of: (datapoint: Datapoint) => number) => datapoints.reduce((sum, datapoint) => sum + of(datapoint), 0);
  expect([total(({ SampleCount }) => SampleCount), total(({ Sum }) => Sum)]).toEqual([count, (count * (count + 1)) / 2]);
}

interface Datapoint {
  SampleCount: number;
  Sum: number;
}

async function datapointsOf(tree: Standalone, till: string): Promise<Datapoint[]> {
  const metric = { Namespace: 'Shop', MetricName: 'Orders', Dimensions: dimensionsOf(till) };
  const range = { StartTime: startSeconds, EndTime: startSeconds + 3_600, Period: 60 };
  const answer = await ask(tree, 'GetMetricStatistics', { body: { ...metric, ...range, Statistics: ['SampleCount', 'Sum'] } });
  return ((await answer.json()) as { Datapoints: Datapoint[] }).Datapoints;
}

function dimensionsOf(till: string): object[] {
  return [{ Name: 'Till', Value: till }];
}
