/** The log of metrics in the data folder: what it holds is stored when the tree starts, counted, and counted once whatever is killed. */
import { join } from 'node:path';
import { MetricReader } from '@fluoroscope/clickhouse/metric-reader';
import { DiskLog } from '@fluoroscope/log/disk-log';
import { afterEach, expect, test } from 'vitest';
import { Standalone, temporaryFolder } from '../fixtures/standalone.js';
import { fate } from './equations.js';

const calls = 500;
const patientMs = 60_000;
const startSeconds = 60 * Math.floor(Date.now() / 60_000) - 120;
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

let standalone: Standalone | null = null;
afterEach(async () => {
  await standalone?.remove();
  standalone = null;
});

/** Value 1, 2, 3, … within one minute; every second one says who it is. */
function callOf(number: number): Buffer {
  const identity = number % 2 === 0 ? { Id: `call-${number}` } : {};
  const datum = { MetricName: 'Orders', Timestamp: startSeconds + (number % 60), Value: number };
  return Buffer.from(JSON.stringify({ ...identity, Namespace: 'Shop', MetricData: [datum] }));
}

/** While no tree has the folder. */
async function append(folder: string, numbers: readonly number[]): Promise<void> {
  const log = await DiskLog.open({ folder: join(folder, 'metrics'), capBytes: 1e8, logger: quiet });
  await log.append(numbers.map(callOf), Date.now());
  await log.close();
}

async function expectStored(tree: Standalone, count: number): Promise<void> {
  const counted = async () => {
    const metrics = await tree.metrics();
    return ['appended', 'stored', 'rejected', 'dead', 'lost', 'lag'].map((name) => fate(metrics, `metric_writer_${name}`));
  };
  await expect.poll(() => counted().catch(String), { timeout: patientMs }).toEqual([count, count, 0, 0, 0, 0]);
  const metric = { namespace: 'Shop', name: 'Orders', dimensions: [] };
  const reader = new MetricReader(tree.clickhouse());
  const periods = await reader.periods({ metric, from: startSeconds, to: startSeconds + 60, period: 60, withValues: false });
  expect(periods).toMatchObject([{ sampleCount: count, sum: (count * (count + 1)) / 2, minimum: 1, maximum: count }]);
}

test('what the log of metrics holds is stored once, whatever is killed', async () => {
  const numbers = Array.from({ length: 2 * calls }, (_, i) => 1 + i);
  const folder = await temporaryFolder();
  await append(folder, numbers.slice(0, calls));
  standalone = await Standalone.start({ folder });
  await standalone.kill('writer');
  await expectStored(standalone, calls);
  expect(await standalone.health()).toMatchObject({ body: { parts: { 'metric log': 'ok' } } });
  expect(fate(await standalone.metrics(), 'metric_log_bytes')).toBeGreaterThan(0);
  await standalone.killTree();

  await append(folder, numbers.slice(calls));
  standalone = await Standalone.start({ folder });
  await expectStored(standalone, 2 * calls);
  expect((await standalone.stop()).code).toBe(0);
});
