/** Which writer of a partition begins when, whatever it does: the writers themselves are not the real ones here. */
import { type LogReader, PartitionLost } from '@fluoroscope/log/log';
import { createLogger } from '@fluoroscope/runtime/logger';
import { expect, it, vi } from 'vitest';
import { LivePublisher } from './live-publisher.js';
import { PartitionWriters } from './partition-writers.js';
import type { WriterOptions } from './writer-contract.js';

const started = vi.hoisted(() => [] as { options: WriterOptions; end: () => void }[]);

vi.mock('./open-storage.js', () => ({ openStorage: ({ clickhouse }: WriterOptions) => Promise.resolve(clickhouse) }));
vi.mock('./writer.js', () => ({
  startWriter: (options: WriterOptions) => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    started.push({ options, end });
    return Promise.resolve({ watch: () => {}, setGroups: () => {}, close: () => ended });
  },
}));

function readerOf(partition: number): LogReader {
  return {
    name: 'writer',
    partition,
    next: () => Promise.resolve([]),
    commit: () => Promise.resolve(),
    committed: () => Promise.resolve({ position: 0, state: null }),
    unread: () => 0,
    throwIfLost: () => {},
    close: () => Promise.resolve(),
  };
}

it('begins no writer of a partition before the one that has lost it by itself has ended', async () => {
  const writers = new PartitionWriters({
    servers: { shards: [{ url: 'http://127.0.0.1:9' }] },
    retentionDays: 30,
    diskMaxBytes: 0,
    publisher: new LivePublisher({ append: () => Promise.resolve() }),
    logger: createLogger({ name: 'test', level: 'silent' }),
    onFailure: (error) => {
      throw error;
    },
  });
  writers.add(readerOf(3));
  await expect.poll(() => started.length).toBe(1);
  started[0]?.options.onFailure(new PartitionLost('another process has it'));
  writers.add(readerOf(3));
  writers.add(readerOf(4));
  await expect.poll(() => started.length).toBe(2);
  expect(started[1]?.options.reader.partition).toBe(4);

  started[0]?.end();
  await expect.poll(() => started.length).toBe(3);
  expect(started[2]?.options.reader.partition).toBe(3);
  for (const { end } of started) end();
  await writers.close();
});
