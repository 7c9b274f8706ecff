/**
 * Where a writer goes on in its partition, by what was committed and by what is stored.
 *
 * Each begins a new generation of its shard: committed first, which only who has the partition can do, then told to ClickHouse, and
 * only then is anything taken back or written. Before the first commit of a partition only ClickHouse counts them.
 */
import { type ClickHouseClient, databaseName } from '@fluoroscope/clickhouse/clickhouse';
import { beginGeneration, newestGeneration, newestVersion, withdrawUncommitted } from '@fluoroscope/clickhouse/uncommitted';
import type { LogReader } from '@fluoroscope/log/log';
import { type Decided, emptyCounts } from './decided.js';
import { ShiftedReader, shiftBehind, shiftOf } from './shifted-reader.js';
import type { WriterOptions } from './writer-contract.js';

export interface Begun {
  reader: LogReader;
  committed: { position: number; state: unknown } | null;
  generation: number;
  /** Nothing is stored yet, so memory holds everything that there is. */
  isFirst: boolean;
}

/** Where to go on. What was committed before is behind us; without a commit, what is stored is of another log, and stays. */
export async function begin(
  { reader, positionsPerMessage = 1, database = databaseName }: WriterOptions,
  client: ClickHouseClient,
): Promise<Begun> {
  const given = await reader.committed();
  const shard = reader.partition;
  const known = shiftOf(given);
  const newest = await newestVersion(client, shard);
  const shift = known ?? shiftBehind(newest, positionsPerMessage);
  const shifted = shift === 0 ? reader : new ShiftedReader(reader, shift);
  const committed = await shifted.committed();
  const generation = 1 + Math.max(generationOf(committed), await newestGeneration(client, shard));
  // What is inserted from here on is behind a commit, so that a crash before the next one can be told from facts of another log.
  if (committed !== null) await shifted.commit(committed.position, { ...emptyCounts(), ...Object(committed.state), generation });
  await beginGeneration(client, shard, generation);
  if (committed !== null && known !== null) {
    const throwIfLost = () => reader.throwIfLost();
    await withdrawUncommitted(client, { database, shard, position: committed.position, generation, throwIfLost });
  }
  return { reader: shifted, committed, generation, isFirst: newest === 0 };
}

function generationOf(committed: { state: unknown } | null): number {
  return (committed?.state as Partial<Decided> | null | undefined)?.generation ?? 0;
}
