/**
 * A writer that stood still while its partition was given to another one: what it takes back when it goes on is of a generation that is
 * over, so nothing of what the other has stored and committed is gone.
 */
import { newestGeneration } from '@fluoroscope/clickhouse/uncommitted';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { LogReader } from '@fluoroscope/log/log';
import { begin } from '@fluoroscope/writer/begin';
import { buildServiceGraph } from '@fluoroscope/xray/service-graph';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectSameGraph } from '../faults/equations.js';
import { Installation, quiet, type TestClickHouse, testClickHouse } from './installation.js';

const startSeconds = Math.floor(Date.now() / 1000) - 120;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

function documentOf(n: number): SegmentDocument {
  const trace_id = `1-${startSeconds.toString(16)}-${n.toString(16).padStart(24, '0')}`;
  const start_time = startSeconds + (n % 30);
  return { trace_id, id: `a${n.toString(16).padStart(15, '0')}`, name: 'shop', start_time, end_time: start_time + 0.5 };
}
const documents = Array.from({ length: 40 }, (_, n) => documentOf(n));
const texts = documents.map((document) => JSON.stringify(document));

/** Stands still when its commit has been taken. */
class StoppingReader implements LogReader {
  readonly name: string;
  readonly partition: number;
  goOn: () => void = () => {};
  private readonly goesOn = new Promise<void>((resolve) => {
    this.goOn = resolve;
  });
  private hasStopped: () => void = () => {};
  readonly stopped = new Promise<void>((resolve) => {
    this.hasStopped = resolve;
  });

  constructor(private readonly reader: LogReader) {
    this.name = reader.name;
    this.partition = reader.partition;
  }

  async commit(position: number, state: unknown): Promise<void> {
    await this.reader.commit(position, state);
    this.hasStopped();
    await this.goesOn;
  }

  next = (maxBytes: number, waitMs: number) => this.reader.next(maxBytes, waitMs);
  committed = () => this.reader.committed();
  unread = () => this.reader.unread();
  throwIfLost = () => this.reader.throwIfLost();
  close = () => this.reader.close();
}

test('a withdrawal that comes when another writer has begun takes nothing back', async () => {
  const installation = await Installation.create(clickhouse);
  const { client, database, log } = installation;
  await installation.append(texts.slice(0, 10));
  await installation.settled();
  await installation.stop();

  const reader = new StoppingReader(await log.reader('writer'));
  const options = {
    reader,
    clickhouse,
    database,
    retentionDays: 30,
    diskMaxBytes: 0,
    publish: () => {},
    onFailure: () => {},
    logger: quiet,
  };
  const old = begin(options, client);
  await reader.stopped;
  await installation.start();
  await installation.append(texts.slice(10));
  await installation.settled();
  reader.goOn();
  const { committed, generation } = await old;
  expect(committed?.position).toBe(10);
  expect(await newestGeneration(client, 0)).toBe(generation + 1);

  // A document more, so that the slices are computed once more from what is there now.
  const more = [documentOf(5), documentOf(15)].map((document) => ({ ...document, id: `b${document.id.slice(1)}` }));
  await installation.append(more.map((document) => JSON.stringify(document)));
  expect(await installation.settled()).toMatchObject({ stored: 42, replaced: 0 });
  const { graph } = await installation.graph.serviceGraph(startSeconds - 60, startSeconds + 120);
  expectSameGraph(graph, buildServiceGraph([...documents, ...more]));
  await reader.close();
  await installation.remove();
});
