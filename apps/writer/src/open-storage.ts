/**
 * Waits for a ClickHouse server that cannot be reached, or is not ready, for as long as it takes, and says so every few seconds:
 * what arrives meanwhile stays in the log. Rejects where waiting would not help (`UnusableServer`).
 *
 * All of a cluster is prepared, because a writer reads other shards too. Of each shard one replica is enough to begin; one that is
 * away is prepared when it is back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseAddress } from '@fluoroscope/clickhouse/clickhouse';
import { migrate, UnusableServer } from '@fluoroscope/clickhouse/migrate';
import type { ClickHouseServers } from '@fluoroscope/clickhouse/servers';

const retryMs = 500;
const sayEveryMs = 5_000;
/** Between two looks at a replica that is away. */
const awayMs = 10_000;

export interface StorageOptions {
  clickhouse: ClickHouseAddress;
  database?: string;
  /** Told why, as often as it is said. */
  onWaiting?: (reason: string) => void;
  logger: { warn(message: string): void };
}

/** The same servers, each shard with the replica to use for all that this process does. */
export async function openServers({ shards }: ClickHouseServers, options: Omit<StorageOptions, 'clickhouse'>): Promise<ClickHouseServers> {
  const opened: ClickHouseAddress[] = [];
  for (const clickhouse of shards) opened.push(await openStorage({ ...options, clickhouse }));
  return { shards: opened };
}

/** Resolves with the server to use of the shard: the one that is named, or the first of its replicas that answers. */
export async function openStorage(options: StorageOptions): Promise<ClickHouseAddress> {
  const { clickhouse, onWaiting, logger } = options;
  for (let saidMs = Number.NEGATIVE_INFINITY; ; await sleep(retryMs)) {
    try {
      return await prepareAll(options);
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

async function prepareAll(options: StorageOptions): Promise<ClickHouseAddress> {
  const { clickhouse } = options;
  let own = clickhouse;
  for (const replicas of clickhouse.cluster?.shards ?? [[clickhouse.url]]) {
    const named = (url: string) => url === clickhouse.url;
    const url = await prepareShard(
      replicas.toSorted((a, b) => Number(named(b)) - Number(named(a))),
      options,
    );
    if (replicas.some(named)) own = { ...clickhouse, url };
  }
  return own;
}

/** The first replica that could be prepared. */
async function prepareShard(replicas: readonly string[], options: StorageOptions): Promise<string> {
  const errors: unknown[] = [];
  const ready: string[] = [];
  const away: string[] = [];
  for (const url of replicas) {
    try {
      await migrate({ ...options.clickhouse, url }, options.database);
      ready.push(url);
    } catch (error) {
      if (error instanceof UnusableServer) throw error;
      errors.push(error);
      away.push(url);
    }
  }
  const [first] = ready;
  if (first === undefined) throw errors[0];
  for (const url of away) void prepareLater(url, options);
  return first;
}

async function prepareLater(url: string, { clickhouse, database, logger }: StorageOptions): Promise<void> {
  logger.warn(`The ClickHouse server ${url} is away; the other replicas of its shard are used`);
  for (;;) {
    await sleep(awayMs, undefined, { ref: false });
    try {
      return await migrate({ ...clickhouse, url }, database);
    } catch (error) {
      if (error instanceof UnusableServer) return logger.warn(error.message);
    }
  }
}

/** An attempt at several addresses of a name says nothing but its code. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [line = ''] = error.message.split('\n');
  return line.trim() || ('code' in error ? String(error.code) : error.name);
}
