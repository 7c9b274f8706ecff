/** Which slices are computed first, and what holds up none of them, on the real ClickHouse. */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { SliceKeeper } from '@fluoroscope/writer/slice-keeper';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Installation, quiet, type TestClickHouse, testClickHouse } from './installation.js';

const current = Math.floor(Date.now() / 1000 / sliceSeconds);

let clickhouse: TestClickHouse;
let installation: Installation;
let keeper: SliceKeeper | null = null;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());
beforeEach(async () => {
  installation = await Installation.create(clickhouse);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await keeper?.close();
  keeper = null;
  await installation.remove();
});

/** As a start finds them. */
async function touch(slices: readonly number[]): Promise<void> {
  const values = slices.map((slice) => ({ slice, shard: 0, version: 1 }));
  await installation.client.insert({ table: 'touched', values, format: 'JSONEachRow' });
}

async function startKeeper(client: ClickHouseClient, inHand: ReadonlySet<number> = new Set()): Promise<number[]> {
  await installation.stop();
  const stored: number[] = [];
  keeper = new SliceKeeper({
    client,
    everywhere: installation.database,
    positionsPerMessage: 1,
    shard: 0,
    logger: quiet,
    isInHand: (slice) => inHand.has(slice),
    onStored: (slice) => stored.push(slice),
  });
  await keeper.start(1);
  return stored;
}

/** The real server, which is given no memory for one slice. */
function withoutMemoryFor(slice: number, { client }: Installation): ClickHouseClient {
  const command: ClickHouseClient['command'] = (given) => {
    const isPoor = given.query_params?.slice === slice;
    return client.command({ ...given, ...(isPoor ? { clickhouse_settings: { max_memory_usage: '1' } } : {}) });
  };
  return Object.create(client, { command: { value: command } }) as ClickHouseClient;
}

test('the newest slice does not wait behind a backlog, nor the oldest behind what goes on', async () => {
  const backlog = Array.from({ length: 12 }, (_, at) => current - 1_000 + at);
  await touch([...backlog, current]);
  const stored = await startKeeper(installation.client);
  await expect.poll(() => stored.length, { timeout: 60_000 }).toBe(backlog.length + 1);
  expect(stored.indexOf(current)).toBeLessThan(2);
  expect(stored.indexOf(current - 1_000)).toBeLessThan(backlog.length);
});

test('a slice that ClickHouse cannot compute holds up no other', async () => {
  const poor = current - 500;
  const others = [poor - 1, poor + 1, poor + 2];
  await touch([poor, ...others]);
  const stored = await startKeeper(withoutMemoryFor(poor, installation));
  await expect.poll(() => [...stored].sort(), { timeout: 60_000 }).toEqual(others);
  expect(keeper?.pending()).toBe(1);
});

test('a slice waits for its documents that are on their way, and is computed without them when they take long', async () => {
  const stored = await startKeeper(installation.client, new Set([current - 11]));
  const beganMs = performance.now();
  keeper?.touch(new Map([current - 11, current - 10].map((slice) => [slice, 2])), 2);
  await expect.poll(() => [...stored].sort(), { timeout: 30_000 }).toEqual([current - 11, current - 10]);
  expect(performance.now() - beganMs).toBeGreaterThan(5_000);
});

test('a clock that is put back by an hour keeps no document from being stored', async () => {
  await installation.append([segment(1)]);
  await expect.poll(() => installation.counters().lag, { interval: 10, timeout: 20_000 }).toBe(1);
  putClockBack(3_600_000);
  await expect.poll(() => installation.counters().stored, { timeout: 20_000 }).toBe(1);
});

test('nor a slice from being computed', async () => {
  const stored = await startKeeper(installation.client);
  keeper?.touch(new Map([[current - 10, 2]]), 2);
  putClockBack(3_600_000);
  await expect.poll(() => stored, { timeout: 20_000 }).toEqual([current - 10]);
});

function putClockBack(ms: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() - ms);
}

function segment(n: number): string {
  const start_time = Date.now() / 1000 - 1;
  const trace_id = `1-${Math.floor(start_time).toString(16)}-${n.toString(16).padStart(24, '0')}`;
  return JSON.stringify({ trace_id, id: n.toString(16).padStart(16, '0'), name: 'shop', start_time, end_time: start_time + 0.5 });
}
