/**
 * Where a writer goes on in its partition, by what was committed and by what is stored.
 *
 * Each begins a new generation of its shard: committed first, which only who has the partition can do, then told to ClickHouse, and
 * only then is anything taken back or written. So whatever is stored lies behind a commit, and who comes after a crash can tell what
 * was not committed from the facts of another log.
 */
import { type ClickHouseClient, databaseName } from '@fluoroscope/clickhouse/clickhouse';
import { beginGeneration, newestGeneration, newestVersion, withdrawUncommitted } from '@fluoroscope/clickhouse/uncommitted';
import type { LogReader } from '@fluoroscope/log/log';
import { type Decided, emptyCounts } from './decided.js';
import { ShiftedReader, shiftBehind, shiftOf } from './shifted-reader.js';
import type { WriterOptions } from './writer-contract.js';

export interface Begun {
  reader: LogReader;
  committed: { position: number; state: unknown };
  generation: number;
  /** Nothing is stored yet, so memory holds everything that there is. */
  isFirst: boolean;
}

/** Where to go on. What was committed before is behind us; without a state, what is stored is of another log, and stays. */
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
  await shifted.commit(committed.position, { ...emptyCounts(), ...Object(committed.state), generation });
  await beginGeneration(client, shard, generation);
  if (known !== null) {
    const throwIfLost = () => reader.throwIfLost();
    await withdrawUncommitted(client, { database, shard, position: committed.position, generation, throwIfLost });
  }
  return { reader: shifted, committed, generation, isFirst: newest === 0 };
}

function generationOf({ state }: { state: unknown }): number {
  return (state as Partial<Decided> | null)?.generation ?? 0;
}
