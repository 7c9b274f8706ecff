/** Rows of traces of several partitions by one statement, on the real ClickHouse. */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import { FactBatch, idWords, sliceOf, traceWords } from '@fluoroscope/clickhouse/facts';
import { TraceRowGate } from '@fluoroscope/writer/trace-row-gate';
import { TraceRowKeeper } from '@fluoroscope/writer/trace-row-keeper';
import { flattenDocument } from '@fluoroscope/xray/entities';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, quiet, type TestClickHouse, testClickHouse } from './installation.js';

const startSeconds = Math.floor(Date.now() / 10_000) * 10 - 60;
const slice = sliceOf(startSeconds * 1_000_000);
let clickhouse: TestClickHouse;
let installation: Installation;
beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  await installation.stop();
  for (let shard = 0; shard < 6; shard++) await factsOf(shard).insert(installation.client);
});
afterAll(async () => {
  await installation.remove();
  await clickhouse.remove();
});

/** One trace, in this slice and in the next one. */
function factsOf(shard: number): FactBatch {
  const facts = new FactBatch(shard);
  const trace_id = `1-67891234-${shard.toString(16).padStart(24, '0')}`;
  const source = { trace: traceWords(trace_id), position: 1, complete: true };
  for (const [id, start_time] of Object.entries({ '00000000000000a1': startSeconds, '00000000000000b2': startSeconds + 10 })) {
    const { entities } = flattenDocument({ trace_id, id, name: 'shop', start_time, end_time: start_time + 1 });
    for (const entity of entities) facts.entity(source, entity, idWords(entity.id), idWords(entity.parentId));
  }
  return facts;
}

function counted(client: ClickHouseClient) {
  const statements: { shards: unknown; slices: number }[] = [];
  const command: ClickHouseClient['command'] = (given) => {
    const { shards, slices } = given.query_params ?? {};
    if (shards !== undefined) statements.push({ shards, slices: (slices as number[]).length });
    return client.command(given);
  };
  return { client: Object.create(client, { command: { value: command } }) as ClickHouseClient, statements };
}

async function rows(): Promise<unknown> {
  const query = 'SELECT shard, version, merged, count() FROM traces FINAL GROUP BY ALL ORDER BY ALL';
  return (
    await installation.client.query({
      query,
      format: 'JSONCompactEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
  ).json();
}

const goesOn = new AbortController().signal;
const wanted = (shard: number) => ({ slices: [slice, slice + 1], versions: new Map([[shard, 10 + shard]]) });

test('what several partitions want of the same slices is computed together, each in its own version', async () => {
  const { client, statements } = counted(installation.client);
  const gate = new TraceRowGate(client);
  await Promise.all([0, 1, 2].map((shard) => gate.recompute(wanted(shard), goesOn)));
  expect(statements.map(({ shards }) => shards)).toEqual([
    [0, 1, 2],
    [0, 1, 2],
  ]);
  const inBoth = (shard: number, merged: number) => [shard, 10 + shard, merged, merged === 1 ? 1 : 2];
  expect(await rows()).toEqual([0, 1, 2].flatMap((shard) => [inBoth(shard, 0), inBoth(shard, 1)]));
});

test('who waits for a round is let go at once, and the others are not held up', async () => {
  const { client, statements } = counted(installation.client);
  const gate = new TraceRowGate(client);
  const leaving = new AbortController();
  const beganMs = performance.now();
  const left = gate.recompute(wanted(0), leaving.signal);
  const stays = gate.recompute(wanted(1), goesOn);
  leaving.abort();
  await expect(left).rejects.toThrow();
  const tookMs = await stays;
  expect(tookMs).toBeLessThan(performance.now() - beganMs - 500);
  expect(statements.map(({ shards }) => shards)).toEqual([[1], [1]]);
});

test('a backlog is computed in ever larger parts, though each waits for others', async () => {
  const { client, statements } = counted(installation.client);
  const gate = new TraceRowGate(client);
  const values = Array.from({ length: 15 }, (_, at) => ({ slice: slice - 1_000 + at, shard: 9, version: 1 }));
  await client.insert({ table: 'touched', values, format: 'JSONEachRow' });
  const keeper = new TraceRowKeeper({
    client,
    everywhere: installation.database,
    positionsPerMessage: 1,
    shard: 9,
    logger: quiet,
    recompute: (rows, signal) => gate.recompute(rows, signal),
    isInHand: () => false,
    isBehind: () => false,
  });
  keeper.setGroups([]);
  await keeper.start(1);
  await expect.poll(() => keeper.pending(), { timeout: 60_000 }).toBe(0);
  await keeper.close();
  expect(Math.max(...statements.map(({ slices }) => slices))).toBeGreaterThan(1);
});

test('a partition that ClickHouse refuses is alone with it', async () => {
  await installation.client.command({ query: 'ALTER TABLE traces ADD CONSTRAINT not_four CHECK shard != 4' });
  const gate = new TraceRowGate(installation.client);
  const results = await Promise.allSettled([3, 4, 5].map((shard) => gate.recompute(wanted(shard), goesOn)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await rows()).toHaveLength(2 * 5);
});
