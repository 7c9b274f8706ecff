/** True numbers of requests beside recorded ones: real reports through the official client, real log, writer, ClickHouse and port. */
import { GetSamplingTargetsCommand } from '@aws-sdk/client-xray';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { GraphEstimates } from '@fluoroscope/contract/sampling';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from '../compat/api-on-disk.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

/** The begin of a slice, and of a window of reports. */
const start = Math.floor(Date.now() / 10_000) * 10 - 30;

let clickhouse: TestClickHouse;
let installation: Installation;
let server: ApiOnDisk;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  server = await startApiOnDisk({ log: installation.log, graph: installation.graph });
});

afterAll(async () => {
  await server?.close();
  await installation?.remove();
  await clickhouse?.remove();
});

/** A request that `rule` has chosen (null: nobody says which), and what it calls. */
function trace(n: number, name: string, rule: object | null): SegmentDocument[] {
  const trace_id = `1-${start.toString(16)}-${n.toString(16).padStart(24, '0')}`;
  const id = (part: number) => `${n.toString(16).padStart(8, '0')}${String(part).padStart(8, '0')}`;
  const times = { start_time: start + 1 + n / 100, end_time: start + 1.5 + n / 100 };
  const call = { id: id(2), name: 'back.internal', namespace: 'remote', ...times };
  const root = {
    trace_id,
    id: id(1),
    name,
    ...times,
    subsegments: [call],
    ...(rule === null ? {} : { aws: { xray: { sdk: 'X', ...rule } } }),
  };
  return [{ trace_id, id: id(3), parent_id: id(2), name: `${name} back`, ...times }, root];
}

async function estimates(): Promise<[name: string, observed: number, estimated: number, share: number][]> {
  const response = await fetch(`${server.api.url}/api/graph/estimates?from=${start}&to=${start + 10}`);
  expect(response.status).toBe(200);
  const { from, to, nodes } = (await response.json()) as GraphEstimates;
  expect([from, to]).toEqual([start, start + 10]);
  return nodes.map(({ node, observed, estimated, share }) => [node.name, observed, Math.round(estimated), share]);
}

test('a request stands for as many as its sampler reports, however often it is sent, and one without reports for none', async () => {
  const shop = Array.from({ length: 10 }, (_, n) =>
    trace(n, 'shop', n % 2 === 0 ? { rule_name: 'Default' } : { sampling_rule_name: 'Default' }),
  );
  const local = Array.from({ length: 5 }, (_, n) => trace(100 + n, 'local', null));
  const open = shop.map(([, root]) => ({ ...root, end_time: undefined, in_progress: true, subsegments: [] }));
  const documents = [...open, ...shop.flat(), ...local.flat(), ...shop.flat()];
  await installation.append(documents.map((document) => JSON.stringify(document)));
  await installation.settled();
  expect(await estimates()).toEqual([]);
  const reports = [1, 2].map((client) => ({
    RuleName: 'Default',
    ClientID: String(client).padStart(24, '0'),
    Timestamp: new Date((start + 5) * 1000),
    RequestCount: 100,
    SampledCount: 4,
    BorrowCount: 1,
  }));
  await clientOf(server.api.url).send(new GetSamplingTargetsCommand({ SamplingStatisticsDocuments: reports }));
  expect(await estimates()).toEqual([
    ['shop', 10, 200, 1],
    ['shop back', 10, 200, 1],
  ]);
});

test('a range that is longer than reports are kept is refused', async () => {
  const response = await fetch(`${server.api.url}/api/graph/estimates?from=${start - 4_000}&to=${start}`);
  expect(response.status).toBe(400);
});
