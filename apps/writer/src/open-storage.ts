/**
 * Waits for a ClickHouse server that cannot be reached, or is not ready, for as long as it takes, and says so every few seconds:
 * what arrives meanwhile stays in the log. Rejects where waiting would not help (`UnusableServer`).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseAddress } from '@fluoroscope/clickhouse/clickhouse';
import { migrate, UnusableServer } from '@fluoroscope/clickhouse/migrate';

const retryMs = 500;
const sayEveryMs = 5_000;

export interface StorageOptions {
  clickhouse: ClickHouseAddress;
  database?: string;
  /** Told why, as often as it is said. */
  onWaiting?: (reason: string) => void;
  logger: { warn(message: string): void };
}

export async function openStorage({ clickhouse, database, onWaiting, logger }: StorageOptions): Promise<void> {
  for (let saidMs = Number.NEGATIVE_INFINITY; ; await sleep(retryMs)) {
    try {
      for (const address of serversOf(clickhouse)) await migrate(address, database);
      return;
    } catch (error) {
      if (error instanceof UnusableServer) throw error;
      if (performance.now() - saidMs < sayEveryMs) continue;
      saidMs = performance.now();
      const reason = `cannot be used at ${clickhouse.url} (${wordsOf(error)})`;
      logger.warn(`ClickHouse ${reason}; trying again, the log keeps what arrives`);
      onWaiting?.(reason);
    }
  }
}

/** All of its cluster, because a writer reads other shards too. */
function serversOf(address: ClickHouseAddress): ClickHouseAddress[] {
  const urls = address.cluster?.shards.flat() ?? [address.url];
  return urls.map((url) => ({ ...address, url }));
}

/** An attempt at several addresses of a name says nothing but its code. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [line = ''] = error.message.split('\n');
  return line.trim() || ('code' in error ? String(error.code) : error.name);
}
