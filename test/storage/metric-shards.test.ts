/** Metrics of two partitions on two servers, the shards of one cluster, are read as those of one. */
import { type ClickHouseAddress, type ClickHouseClient, connect, connectToAll } from '@fluoroscope/clickhouse/clickhouse';
import { MetricReader } from '@fluoroscope/clickhouse/metric-reader';
import type { Metric } from '@fluoroscope/contract/metrics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { type ClickHouseServer, clusterName, reading, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { callOf, MetricInstallation, metricOf } from './metric-installation.js';

const seed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`metric shards: seed ${seed}`);
const hour = Math.floor(Date.now() / 3_600_000) * 3_600 - 3_600;
const metrics = Array.from({ length: 12 }, (_, n) => metricOf(`M${n % 3}`, n < 3 ? {} : { Host: `h${n}` }));

let servers: ClickHouseServer[] = [];
const shards: MetricInstallation[] = [];
let single: MetricInstallation;
let client: ClickHouseClient;
let all: MetricReader;

beforeAll(async () => {
  servers = await startClickHouseServers(2);
  const cluster = { name: clusterName, shards: servers.map(({ url }) => [url]) };
  const addresses: ClickHouseAddress[] = servers.map(({ address }) => ({ ...address, cluster }));
  for (const address of addresses) shards.push(await MetricInstallation.create(address, 'fluoroscope'));
  single = await MetricInstallation.create((servers[0] as ClickHouseServer).address, 'fluoroscope_one');
  client = connectToAll({ ...(addresses[1] as ClickHouseAddress), ...reading });
  all = new MetricReader(client);
  const chance = new Chance(seed);
  for (let n = 0; n < 20; n++) {
    const calls = Array.from({ length: 50 }, () =>
      callOf(
        chance.pick(metrics),
        { Timestamp: hour + chance.between(0, 3_599), Value: chance.between(0, 40), Unit: chance.pick(['Count', 'Bytes']) },
        chance.hex(8),
      ),
    );
    await shards[n % 2]?.append(calls);
    // As after a crash.
    if (n === 4) await shards[0]?.append(calls);
    await single.append(calls);
  }
  for (const installation of [...shards, single]) await installation.settled();
});

afterAll(async () => {
  await client?.close();
  for (const installation of [...shards, single]) await installation?.remove();
  for (const server of servers) await server.remove();
});

test('both shards have some of a metric', async () => {
  for (const { url } of servers) {
    const own = connect({ ...(servers[0] as ClickHouseServer).address, url });
    const result = await own.query({ query: "SELECT toUInt32(count()) FROM metric_data WHERE name = 'M0'", format: 'JSONCompactEachRow' });
    expect((await result.json<[number]>())[0]?.[0]).toBeGreaterThan(50);
    await own.close();
  }
});

test.each([true, false])('periods are the same, with values: %s', async (withValues) => {
  for (const metric of metrics) {
    const query = { metric, from: hour, to: hour + 3_600, period: 300, withValues };
    const expected = await single.metrics.periods(query);
    expect(expected.length).toBeGreaterThan(10);
    expect(await all.periods(query)).toEqual(expected);
  }
});

test('metrics are the same, page after page', async () => {
  const list = async (reader: MetricReader) => {
    const found: Metric[] = [];
    for (let last: Metric | undefined, more = true; more; last = found.at(-1)) {
      const page = await reader.metrics({ dimensions: [], since: hour, limit: 5, after: last });
      found.push(...page);
      more = page.length > 0;
    }
    return found;
  };
  const expected = await list(single.metrics);
  expect(expected).toHaveLength(12);
  expect(await list(all)).toEqual(expected);
});
