/** A writer that ends between its first insert and its first commit: who comes after it tells what was stored from what another log has stored. */
import { positionsPerMessage } from '@fluoroscope/log/kafka-message';
import type { LogReader } from '@fluoroscope/log/log';
import { startWriter, type Writer } from '@fluoroscope/writer/writer';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { quiet, type TestClickHouse, testClickHouse } from '../storage/installation.js';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';

const patienceMs = 60_000;
const startSeconds = Math.floor(Date.now() / 1000) - 120;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

let log: KafkaLogUnderTest;
afterEach(() => log.close());

function start(reader: LogReader): Promise<Writer> {
  const told = { publish: () => {}, onFailure: () => {}, logger: quiet };
  return startWriter({
    reader,
    clickhouse,
    database: 'first_commit',
    retentionDays: 30,
    diskMaxBytes: 0,
    positionsPerMessage,
    ...told,
  });
}

/** Refuses to commit what was read, as when the process ends there. */
class EndsBeforeCommit implements LogReader {
  readonly name: string;
  readonly partition: number;
  hasRead = false;
  isAtCommit = false;

  constructor(private readonly reader: LogReader) {
    this.name = reader.name;
    this.partition = reader.partition;
  }

  async next(maxBytes: number, waitMs: number) {
    const batches = await this.reader.next(maxBytes, waitMs);
    this.hasRead ||= batches.length > 0;
    return batches;
  }

  async commit(position: number, state: unknown): Promise<void> {
    if (!this.hasRead) return this.reader.commit(position, state);
    this.isAtCommit = true;
    throw new TypeError('the process has ended');
  }

  committed = () => this.reader.committed();
  unread = () => this.reader.unread();
  throwIfLost = () => this.reader.throwIfLost();
  close = () => this.reader.close();
}

test('what it has stored counts as stored, and not as another version of what is there', async () => {
  log = await KafkaLogUnderTest.open(kafkaSettings());
  const documents = Array.from({ length: 14 }, (_, n) => {
    const trace_id = `1-${startSeconds.toString(16)}-${n.toString(16).padStart(24, '0')}`;
    return { trace_id, id: `a${n.toString(16).padStart(15, '0')}`, name: 'shop', start_time: startSeconds, end_time: startSeconds + 0.5 };
  });
  await log.appender.append(
    documents.map((document) => Buffer.from(JSON.stringify(document))),
    Date.now(),
  );
  const ending = new EndsBeforeCommit(await log.reader('writer'));
  const first = await start(ending);
  await expect.poll(() => ending.isAtCommit, { timeout: patienceMs }).toBe(true);
  await first.close();

  const second = await start(await log.reader('writer'));
  await expect.poll(() => second.counters(), { timeout: patienceMs }).toMatchObject({ stored: 14, replaced: 0, lag: 0 });
  await second.close();
});
