import { setTimeout as sleep } from 'node:timers/promises';
import type { LogReader } from '@fluoroscope/log/log';
import { createLogger } from '@fluoroscope/runtime/logger';
import { expect, it } from 'vitest';
import { MetricWriters } from './metric-writers.js';

const nobody = 'http://127.0.0.1:9';

it('lets go of a partition that waits for ClickHouse, which is trouble until then', async () => {
  const writers = new MetricWriters({
    servers: { shards: [{ url: nobody }] },
    logger: createLogger({ name: 'test', level: 'silent' }),
    onFailure: (error) => {
      throw error;
    },
  });
  expect(writers.troubleSinceMs()).toBeNull();
  const before = Date.now();
  writers.add(waitingReader());
  expect(writers.troubleSinceMs()).toBeGreaterThanOrEqual(before);
  await sleep(100);
  expect(writers.counters()).toBeNull();
  await writers.close();
  expect(writers.troubleSinceMs()).toBeNull();
});

function waitingReader(): LogReader {
  return {
    name: 'metric-writer',
    partition: 3,
    next: () => Promise.resolve([]),
    commit: () => Promise.resolve(),
    committed: () => Promise.resolve({ position: 0, state: null }),
    unread: () => 4,
    throwIfLost: () => {},
    close: () => Promise.resolve(),
  };
}
