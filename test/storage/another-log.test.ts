/**
 * A database that was filled from one log and goes on with another, whose positions begin at 0 again: a data folder that was lost while
 * the server stayed, or Kafka in place of the disk. Nothing that is stored is taken back, and what comes later wins.
 */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { buildServiceGraph } from '@fluoroscope/xray/service-graph';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectSameGraph } from '../faults/equations.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const startSeconds = Math.floor(Date.now() / 1000) - 120;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

/** Of 90 traces the first 60 are in the first log, in the same slices as the others. */
function documentOf(n: number, change: Partial<SegmentDocument> = {}): SegmentDocument {
  const trace_id = `1-${startSeconds.toString(16)}-${n.toString(16).padStart(24, '0')}`;
  const start_time = startSeconds + (n % 30);
  return { trace_id, id: `a${n.toString(16).padStart(15, '0')}`, name: 'shop', start_time, end_time: start_time + 0.5, ...change };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => documentOf(from + at));

async function store(installation: Installation, documents: readonly SegmentDocument[]): Promise<void> {
  await installation.append(documents.map((document) => JSON.stringify(document)));
  await installation.settled();
}

async function expectGraphOf(installation: Installation, documents: readonly SegmentDocument[]): Promise<void> {
  const { graph } = await installation.graph.serviceGraph(startSeconds - 60, startSeconds + 120);
  expectSameGraph(graph, buildServiceGraph(documents));
}

test('keeps what another log has stored, adds what is new to it, and knows its own place after a restart', async () => {
  const first = await Installation.create(clickhouse);
  await store(first, range(0, 60));
  await first.stop();

  const second = await Installation.create(clickhouse, first.database);
  await expectGraphOf(second, range(0, 60));
  const failed = documentOf(7, { fault: true });
  await store(second, [...range(60, 90), failed]);
  const all = [...range(0, 90).filter(({ id }) => id !== failed.id), failed];
  await expectGraphOf(second, all);

  for (let restart = 0; restart < 2; restart++) {
    await second.stop();
    await second.start();
    await second.settled();
    await expectGraphOf(second, all);
  }
  expect(second.counters()).toMatchObject({ appended: 31, lag: 0, lost: 0 });
  await store(second, [documentOf(90)]);
  await expectGraphOf(second, [...all, documentOf(90)]);
});
