/** The stored rows that the bench measures reads on are made by the product's own statements: they go on fitting together. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@fluoroscope/clickhouse/clickhouse';
import { startEmbedded } from '@fluoroscope/clickhouse/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeRows } from '../bench/stored-rows.mjs';
import { quiet } from './installation.js';

const rows = 9_000;
const seconds = 600;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fluoroscope-bench-rows-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('are whole traces, and have rows of traces and slices', async () => {
  const { from, to, customer, traceIds } = await storeRows(folder, { rows, shape: 'small', seconds });
  expect([to - from, traceIds.length]).toEqual([seconds, 30]);
  const engine = await startEmbedded({ folder, maxMemoryBytes: 1_000_000_000, logger: quiet });
  const client = connect(engine);
  const counted = async (query: string) =>
    (await (await client.query({ query, format: 'JSONCompactEachRow' })).json<string[]>()).flat().map(Number);
  const [stored] = await counted('SELECT uniqExact(trace_id) FROM documents');
  const traced = await counted(`SELECT uniqExact(trace_id), countIf(has(\`facet.value\`, 's${customer}')) FROM traces WHERE NOT rootless`);
  const [graphed] = await counted('SELECT uniqExact(start) FROM slices WHERE period = 10');
  await client.close();
  await engine.close();
  expect(stored).toBeGreaterThan(100);
  expect(traced).toEqual([stored, 1]);
  expect(graphed).toBe(60);
});
