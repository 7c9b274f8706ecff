import type { LogReader } from '@fluoroscope/log/log';
import { createLogger } from '@fluoroscope/runtime/logger';
import { expect, it } from 'vitest';
import { LivePublisher } from './live-publisher.js';
import { PartitionWriters } from './partition-writers.js';

const nobody = 'http://127.0.0.1:9';

it('tells a partition that waits for ClickHouse as trouble, with what waits in its log', async () => {
  const writers = new PartitionWriters({
    servers: { shards: [{ url: nobody }] },
    retentionDays: 30,
    diskMaxBytes: 0,
    publisher: new LivePublisher({ append: () => Promise.resolve() }),
    logger: createLogger({ name: 'test', level: 'silent' }),
    onFailure: (error) => {
      throw error;
    },
  });
  expect(writers.troubleSinceMs()).toBeNull();
  const before = Date.now();
  writers.add(waitingReader());
  await expect.poll(() => writers.reports()).toHaveLength(1);
  expect(writers.reports()[0]).toMatchObject({ partition: 3, since: 70, counters: { appended: 12, stored: 5, replaced: 3, lag: 4 } });
  expect(writers.troubleSinceMs()).toBeGreaterThanOrEqual(before);
  await writers.close();
  expect(writers.troubleSinceMs()).toBeNull();
});

function waitingReader(): LogReader {
  return {
    name: 'writer',
    partition: 3,
    next: () => Promise.resolve([]),
    commit: () => Promise.resolve(),
    committed: () => Promise.resolve({ position: 70, state: { stored: 5, replaced: 3 } }),
    unread: () => 4,
    throwIfLost: () => {},
    close: () => Promise.resolve(),
  };
}
