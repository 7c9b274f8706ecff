/**
 * A document that ClickHouse refuses for its content: the batch is halved until it stands alone, it is kept aside with the
 * reason, everything else is stored, and it can be tried again when the reason is gone.
 */
import { StoredDeadDocuments } from '@fluoroscope/clickhouse/dead-documents';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { buildServiceGraph } from '@fluoroscope/xray/service-graph';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApiOnDisk } from '../compat/api-on-disk.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const goods = 60;
const startSeconds = Math.floor(Date.now() / 1000) - 60;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

/** Half of them call a poisonous segment of the same trace, so that its relations are at stake as well. */
function documentOf(n: number, name: string, parent_id?: string): SegmentDocument {
  const trace_id = `1-${startSeconds.toString(16)}-${n.toString(16).padStart(24, '0')}`;
  const times = { start_time: startSeconds + n / 100, end_time: startSeconds + n / 100 + 0.25 };
  const id = name === 'good' ? `a${n.toString(16).padStart(15, '0')}` : `b${n.toString(16).padStart(15, '0')}`;
  const call = { id: `c${n.toString(16).padStart(15, '0')}`, name: 'next', namespace: 'remote', ...times };
  const own = { trace_id, id, name, ...times };
  return parent_id === undefined ? { ...own, subsegments: [call] } : { ...own, parent_id, user: 'poison-marker' };
}

test('two bad documents among many stand aside, are listed, and are stored when they are tried again', async () => {
  const installation = await Installation.create(clickhouse);
  const dead = new StoredDeadDocuments(installation.client);
  const traces = new StoredTraceReader(installation.client);
  const server = await startApiOnDisk({ log: installation.log, graph: installation.graph, traces, dead });
  const alter = (query: string) => installation.client.command({ query: `ALTER TABLE documents ${query}` });
  await alter("ADD CONSTRAINT no_poison CHECK position(raw, 'poison-marker') = 0");

  const good = Array.from({ length: goods }, (_, n) => documentOf(n, 'good'));
  const bad = [7, 40].map((n) => documentOf(n, 'bad', `c${n.toString(16).padStart(15, '0')}`));
  const texts = [...good.slice(0, 30), ...bad, ...good.slice(30)].map((document) => JSON.stringify(document));
  await installation.append(texts);
  const counters = await installation.settled();
  expect(counters).toMatchObject({ appended: goods + 2, stored: goods, dead: 2, replaced: 0, rejected: 0, lost: 0, lag: 0 });
  expect(await stored(installation)).toEqual(shown(buildServiceGraph(good)));

  const listed = (await (await fetch(`${server.api.url}/dead-documents`)).json()) as { documents: Record<string, string>[] };
  expect(listed.documents).toMatchObject([
    { log: 'segments', position: 30, document: JSON.stringify(bad[0]), reason: expect.stringContaining('no_poison') },
    { position: 31, document: JSON.stringify(bad[1]), receivedAt: expect.stringMatching(/^\d{4}-/) },
  ]);

  await alter('DROP CONSTRAINT no_poison');
  const replay = () => fetch(`${server.api.url}/dead-documents/replay`, { method: 'POST' }).then((answer) => answer.json());
  expect(await replay()).toEqual({ replayed: 2 });
  const after = await installation.settled();
  expect(after).toMatchObject({ appended: goods + 4, stored: goods + 2, dead: 2, replaced: 0, lag: 0 });
  expect(await stored(installation)).toEqual(shown(buildServiceGraph([...good, ...bad])));
  expect(await dead.list(10)).toEqual([]);
  expect(await replay()).toEqual({ replayed: 0 });

  await server.close();
  await installation.remove();
});

async function stored(installation: Installation): Promise<string[]> {
  return shown((await installation.graph.serviceGraph(startSeconds - 100, startSeconds + 100)).graph);
}

function shown({ nodes, edges }: ReturnType<typeof buildServiceGraph>): string[] {
  const shownNodes = nodes.map(({ key, statistics: s }) => `${key.name} (${key.type}) ${s.ok} ${s.totalMicros}`);
  return [...shownNodes, ...edges.map(({ caller, callee, statistics: s }) => `${caller.name} > ${callee.name} ${s.ok}`)].sort();
}
