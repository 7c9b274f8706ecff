/**
 * A batch of metrics that cannot be stored, while the next one waits behind it: what follows is not committed past it, so whoever reads the
 * log next stores all of it. The insert fails where a connection would; everything else is the real thing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import type { MetricFacts } from '@fluoroscope/clickhouse/metric-facts';
import type { MetricDataDocument } from '@fluoroscope/contract/metrics';
import type { LogReader } from '@fluoroscope/log/log';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestClickHouse, testClickHouse } from './installation.js';
import { callOf, MetricInstallation, metricOf } from './metric-installation.js';

/** A minute that is over. */
const minute = Math.floor(Date.now() / 60_000) * 60 - 600;
const orders = metricOf('Orders');
const dataPerCall = 1_000;
/** More data than are inserted at a time. */
const fullBatchCalls = 21;
/** Longer than until a batch is due, and than a writer waits for storage when it is closed. */
const roundMs = 1_100;
const closeMs = 3_200;

let clickhouse: TestClickHouse;
let installation: MetricInstallation;
let first: HeldInsert;
let reader: LogReader | null = null;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());
beforeEach(async () => {
  installation = await MetricInstallation.create(clickhouse);
  await installation.stop();
  first = new HeldInsert();
  await installation.start(keepReader, undefined, () => (facts) => first.insert(facts, installation.client));
});
afterEach(() => installation.remove());

describe.each([
  ['is due', 1],
  ['is full', fullBatchCalls],
])('behind a batch that fails for good, while the next one %s', (_, calls) => {
  test('nothing is committed, and the next writer stores everything', async () => {
    await waitBehindFirst(calls);
    first.fail(new TypeError('a mistake'));
    await expect.poll(() => installation.failure).toBeInstanceOf(TypeError);
    await installation.stop();
    await expectStoredByNext(1 + calls);
  });
});

test('a writer that is closed while ClickHouse is away, with a full batch waiting, commits nothing behind what it could not store', async () => {
  await waitBehindFirst(fullBatchCalls);
  const stopped = installation.stop();
  await sleep(closeMs);
  first.fail(new Error('connect ECONNREFUSED'));
  await stopped;
  await expectStoredByNext(1 + fullBatchCalls);
});

function keepReader(given: LogReader): LogReader {
  reader = given;
  return given;
}

/** The first insert hangs until it fails; ClickHouse is there for what comes then. */
class HeldInsert {
  fail: (error: Error) => void = () => {};
  isHeld = false;

  insert(facts: MetricFacts, client: ClickHouseClient): Promise<void> {
    if (this.isHeld) return facts.insert(client);
    this.isHeld = true;
    return new Promise((_, reject) => {
      this.fail = reject;
    });
  }
}

/** One call is being inserted; so many have been taken behind it. */
async function waitBehindFirst(calls: number): Promise<void> {
  await installation.append([bigCall('first')]);
  await expect.poll(() => first.isHeld).toBe(true);
  await installation.append(Array.from({ length: calls }, (_, n) => bigCall(`call-${n}`)));
  await expect.poll(() => reader?.unread()).toBe(0);
  await sleep(roundMs);
}

function bigCall(id: string): MetricDataDocument {
  const call = callOf(orders, { Timestamp: minute, Value: 1 }, id);
  return { ...call, MetricData: Array.from({ length: dataPerCall }, () => call.MetricData).flat() };
}

async function expectStoredByNext(calls: number): Promise<void> {
  const data = calls * dataPerCall;
  await installation.start();
  expect(await installation.settled()).toMatchObject({ appended: calls, stored: calls, rejected: 0, dead: 0, lost: 0, lag: 0, data });
  expect(await installation.minutesOf(orders)).toMatchObject([{ sampleCount: data, sum: data }]);
}
