/** First sights on the real ClickHouse: the earliest start wins, whatever is late, doubled, replayed or in progress. */
import { StoredDeployments } from '@fluoroscope/clickhouse/deployments';
import type { Deployment } from '@fluoroscope/contract/deployments';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const from = Math.floor(Date.now() / 1000) - 600;
let ids = 1;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

function segment(name: string, version: string, at: number, more: object = { end_time: from + at + 1 }): string {
  const id = (ids++).toString(16).padStart(16, '0');
  const trace_id = `1-${from.toString(16)}-${id.padStart(24, '0')}`;
  return JSON.stringify({ trace_id, id, name, start_time: from + at, service: { version }, ...more });
}

function shown({ deployments }: { deployments: readonly Deployment[] }): unknown[] {
  return deployments.map(({ node, value, previous, atMicros }) => [node.name, value, previous, atMicros / 1e6 - from]);
}

test('the earliest start of each version is kept over late documents, restarts and a log that is read again', async () => {
  const installation = await Installation.create(clickhouse);
  const stored = new StoredDeployments(installation.client);
  const read = async () => shown(await stored.between(from, from + 600));
  await installation.append([segment('shop', '1', 10), segment('shop', '2', 50), segment('shop', '1', 60), segment('shop', '2', 70)]);
  await installation.append([segment('cart', '7', 40, { in_progress: true })]);
  await installation.settled();
  const first = [
    ['shop', '1', null, 10],
    ['cart', '7', null, 40],
    ['shop', '2', '1', 50],
  ];
  expect(await read()).toEqual(first);
  expect(shown({ deployments: installation.deployments }).sort()).toEqual([...first].sort());

  await installation.stop();
  await installation.start();
  installation.deployments.length = 0;
  await installation.append([segment('shop', '1', 20), segment('shop', '2', 30), segment('shop', '3', 45), segment('cart', '7', 41)]);
  await installation.settled();
  const second = [
    ['shop', '1', null, 10],
    ['shop', '2', '1', 30],
    ['cart', '7', null, 40],
    ['shop', '3', '2', 45],
  ];
  expect(await read()).toEqual(second);
  expect(shown({ deployments: installation.deployments })).toEqual([
    ['shop', '2', '1', 30],
    ['shop', '3', '2', 45],
  ]);
  const known = await stored.known(100);
  await stored.write(known.map((sight) => ({ ...sight, atMicros: sight.atMicros + 5_000_000 })));
  await stored.write(known.toReversed());
  expect(await read()).toEqual(second);
  expect(shown(await stored.between(from + 30, from + 45))).toEqual([second[1], second[2]]);
  await installation.remove();
});

test('runtimes and images are courses of their own, and subsegments say nothing', async () => {
  const installation = await Installation.create(clickhouse);
  const runtime = { service: { version: '1', runtime: 'node', runtime_version: 'v22' }, aws: { ec2: { ami_id: 'ami-7' } } };
  await installation.append([
    segment('shop', '1', 1, { end_time: from + 2, ...runtime }),
    segment('part', '9', 1, { end_time: from + 2, type: 'subsegment', parent_id: 'a'.repeat(16) }),
  ]);
  await installation.settled();
  const { deployments } = await new StoredDeployments(installation.client).between(from, from + 600);
  expect(deployments.map(({ kind, value }) => `${kind} ${value}`).sort()).toEqual(['image ami-7', 'runtime node v22', 'version 1']);
  await installation.remove();
});
