/**
 * Waits for a ClickHouse server that cannot be reached, or is not ready, for as long as it takes, and says so every few seconds:
 * what arrives meanwhile stays in the log. Rejects where waiting would not help (`UnusableServer`).
 *
 * Of the shard that is written one replica is enough to begin. The rest of a cluster is prepared too, because a writer reads other
 * shards; but what is away there keeps nobody waiting, and is prepared when it is back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseAddress } from '@fluoroscope/clickhouse/clickhouse';
import { migrate, UnusableServer } from '@fluoroscope/clickhouse/migrate';

const retryMs = 500;
const sayEveryMs = 5_000;
/** Between two looks at a server that is away. */
const awayMs = 10_000;
/** For other shards that are slow to answer; one that is away mostly says so at once. */
const othersMs = 5_000;

export interface StorageOptions {
  clickhouse: ClickHouseAddress;
  database?: string;
  /** Told why, as often as it is said. */
  onWaiting?: (reason: string) => void;
  logger: { warn(message: string): void };
  /** Nobody waits for it any more. */
  signal?: AbortSignal;
}

/** Once for this process, however many partitions it writes. */
const lookedFor = new Set<string>();

/** Resolves with the server to use of the shard: the one that is named, or the first of its replicas that answers. */
export async function openStorage(options: StorageOptions): Promise<ClickHouseAddress> {
  const { clickhouse, onWaiting, logger, signal } = options;
  for (let saidMs = Number.NEGATIVE_INFINITY; ; await sleep(retryMs, undefined, { signal })) {
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
  const isOwn = (url: string) => url === clickhouse.url;
  const shards = clickhouse.cluster?.shards ?? [];
  const own = shards.find((replicas) => replicas.some(isOwn)) ?? [clickhouse.url];
  const url = await prepareShard(
    own.toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a))),
    options,
  );
  const others = shards.filter((replicas) => replicas !== own).flat();
  await Promise.race([Promise.all(others.map((other) => prepareOther(other, options))), sleep(othersMs, undefined, { ref: false })]);
  return { ...clickhouse, url };
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

/** Of another shard: whoever writes there says what is wrong with it. */
async function prepareOther(url: string, options: StorageOptions): Promise<void> {
  try {
    await migrate({ ...options.clickhouse, url }, options.database);
  } catch {
    void prepareLater(url, options);
  }
}

async function prepareLater(url: string, { clickhouse, database, logger }: StorageOptions): Promise<void> {
  const key = `${url} ${database}`;
  if (lookedFor.has(key)) return;
  lookedFor.add(key);
  logger.warn(`The ClickHouse server ${url} is away; what needs none of it goes on`);
  for (let isReady = false; !isReady; ) {
    await sleep(awayMs, undefined, { ref: false });
    isReady = await migrate({ ...clickhouse, url }, database).then(
      () => true,
      (error: unknown) => {
        if (error instanceof UnusableServer) logger.warn(error.message);
        return error instanceof UnusableServer;
      },
    );
  }
  lookedFor.delete(key);
}

/** An attempt at several addresses of a name says nothing but its code. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [line = ''] = error.message.split('\n');
  return line.trim() || ('code' in error ? String(error.code) : error.name);
}
