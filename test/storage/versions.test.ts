/** Versions of one document that disagree, in every order and in batches of their own: the last complete one is the truth. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { buildServiceGraph, type ServiceGraph } from '@fluoroscope/xray/service-graph';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const nowSeconds = Math.floor(Date.now() / 1000) - 60;
const times = { start_time: nowSeconds, end_time: nowSeconds + 0.5 };
const trace = (n: number) => `1-${nowSeconds.toString(16)}-${n.toString(16).padStart(24, '0')}`;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

/** A shop calls a cart; the cart says so while it is in progress, and names another caller when it is complete. */
function documentsOf(trace_id: string): Record<'shop' | 'announced' | 'complete' | 'query', string> {
  const call = { id: '00000000000000a1', name: 'cart.internal', namespace: 'remote', ...times };
  const cart = { trace_id, id: '00000000000000b0', name: 'cart', start_time: nowSeconds + 0.1 };
  const gone = { id: '00000000000000b1', name: 'gone.internal', namespace: 'remote', ...times };
  const query = { trace_id, type: 'subsegment', id: '00000000000000b2', parent_id: '00000000000000b0', name: 'db', namespace: 'remote' };
  return {
    shop: JSON.stringify({ trace_id, id: '00000000000000a0', name: 'shop', subsegments: [call], ...times }),
    announced: JSON.stringify({ ...cart, parent_id: call.id, in_progress: true, subsegments: [gone] }),
    complete: JSON.stringify({ ...cart, parent_id: '00000000000000ff', end_time: nowSeconds + 0.2 }),
    query: JSON.stringify({ ...query, ...times }),
  };
}

const orders = permutations(['shop', 'announced', 'complete', 'query'] as const);

test('one after the other, in any order, the stored graph is that of the complete versions', async () => {
  const installation = await Installation.create(clickhouse);
  const traces = orders.map((order, n) => ({ order, documents: documentsOf(trace(n)) }));
  for (const step of [0, 1, 2, 3] as const) {
    await installation.append(traces.map(({ order, documents }) => documents[order[step] ?? 'shop']));
    await installation.settled();
  }
  const final = traces.flatMap(({ documents: { shop, complete, query } }) => [shop, complete, query]);
  const expected = buildServiceGraph(final.map(readStoredDocument).filter((document) => document !== null));
  const { graph } = await installation.graph.serviceGraph(nowSeconds - 100, nowSeconds + 100);
  expect(counts(graph)).toEqual(counts(expected));
  await installation.remove();
});

test('facts of a batch that a crash kept from its commit do not outlive a version that is never stored', async () => {
  const installation = await Installation.create(clickhouse);
  const { shop, announced, complete, query } = documentsOf(trace(100));
  await installation.append([JSON.stringify({ trace_id: trace(101), id: '00000000000000c0', name: 'first', ...times })]);
  await installation.settled();
  const committed = await readFile(join(installation.folder, 'readers/writer.json'));
  await installation.append([shop, announced]);
  await installation.settled();
  await installation.stop();
  // As if it had been killed before the last insert of the batch: its facts are there, its documents and its commit are not.
  await writeFile(join(installation.folder, 'readers/writer.json'), committed);
  await installation.client.command({ query: "DELETE FROM documents WHERE start_micros >= 0 AND raw NOT LIKE '%first%'" });
  await installation.append([complete, query]);
  await installation.start();
  expect(await installation.settled()).toMatchObject({ stored: 4, replaced: 1 });
  const documents = [shop, complete, query].map(readStoredDocument).filter((document) => document !== null);
  const { graph } = await installation.graph.serviceGraph(nowSeconds - 100, nowSeconds + 100);
  const edges = counts(graph).filter((line) => line.includes('>') && !line.includes('first'));
  expect(edges).toEqual(counts(buildServiceGraph(documents)).filter((line) => line.includes('>')));
  await installation.remove();
});

function counts({ nodes, edges }: ServiceGraph): string[] {
  const shownNodes = nodes.map(({ key, statistics: s }) => `${key.name} (${key.type}) ${s.ok} ${s.inProgress}`);
  const shownEdges = edges.map(({ caller, callee, statistics: s }) => `${caller.name} > ${callee.name} ${s.ok} ${s.inProgress}`);
  return [...shownNodes, ...shownEdges].sort();
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((first, at) => permutations(items.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}
