/** Batches of several partitions in one insert, on the real ClickHouse. */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import { FactBatch, idWords, insertFacts, traceWords } from '@fluoroscope/clickhouse/facts';
import { InsertGate } from '@fluoroscope/writer/insert-gate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const startMicros = Math.floor(Date.now() / 1_000) * 1_000_000;
let clickhouse: TestClickHouse;
let installation: Installation;
beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
});
afterAll(async () => {
  await installation.remove();
  await clickhouse.remove();
});

function batchOf(shard: number, raw: string): FactBatch {
  const facts = new FactBatch(shard);
  const source = { trace: traceWords(`1-67891234-${shard.toString(16).padStart(24, '0')}`), position: 1, complete: true };
  const row = { id: idWords('00000000000000a1'), startMicros, isSegment: true, replaced: false, raw: Buffer.from(raw) };
  facts.document(source, row);
  return facts;
}

/** The real client, and the tables that are inserted into. */
function watched(client: ClickHouseClient): { client: ClickHouseClient; inserts: string[] } {
  const inserts: string[] = [];
  const exec: ClickHouseClient['exec'] = (given: Parameters<ClickHouseClient['exec']>[0]) => {
    inserts.push(given.query.split(' ')[2] ?? '');
    return client.exec(given);
  };
  return { client: Object.create(client, { exec: { value: exec } }) as ClickHouseClient, inserts };
}

async function storedRaws(): Promise<string[]> {
  const result = await installation.client.query({ query: 'SELECT raw FROM documents ORDER BY raw', format: 'JSONEachRow' });
  return (await result.json<{ raw: string }>()).map(({ raw }) => raw);
}

test('what several partitions have at one time is one insert, and a refused document is the trouble of its own partition', async () => {
  const { client, inserts } = watched(installation.client);
  const gate = new InsertGate<FactBatch>((batches) => insertFacts(client, batches));
  await Promise.all([0, 1, 2].map((shard) => gate.insert(batchOf(shard, `first ${shard}`))));
  expect(inserts).toEqual(['documents']);
  expect(await storedRaws()).toEqual(['first 0', 'first 1', 'first 2']);

  await client.command({ query: "ALTER TABLE documents ADD CONSTRAINT no_poison CHECK position(raw, 'poison') = 0" });
  const results = await Promise.allSettled([
    gate.insert(batchOf(3, 'good')),
    gate.insert(batchOf(4, 'poison')),
    gate.insert(batchOf(5, 'good too')),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await storedRaws()).toEqual(['first 0', 'first 1', 'first 2', 'good', 'good too']);
});

test('trouble is told to every partition that waits, and the gate goes on', async () => {
  const { client } = installation;
  await client.command({ query: 'RENAME TABLE documents TO documents_away' });
  const gate = new InsertGate<FactBatch>((batches) => insertFacts(client, batches));
  const results = await Promise.allSettled([gate.insert(batchOf(6, 'six')), gate.insert(batchOf(7, 'seven'))]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await client.command({ query: 'RENAME TABLE documents_away TO documents' });
  await Promise.all([gate.insert(batchOf(6, 'six')), gate.insert(batchOf(7, 'seven'))]);
  expect(await storedRaws()).toEqual(expect.arrayContaining(['seven', 'six']));
});
