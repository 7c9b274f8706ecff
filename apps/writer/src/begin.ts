/** Where a writer goes on in its partition, by what was committed and by what is stored. */
import { type ClickHouseClient, databaseName } from '@fluoroscope/clickhouse/clickhouse';
import { newestVersion, withdrawUncommitted } from '@fluoroscope/clickhouse/uncommitted';
import type { LogReader } from '@fluoroscope/log/log';
import { emptyCounts } from './decided.js';
import { ShiftedReader, shiftBehind, shiftOf } from './shifted-reader.js';
import type { WriterOptions } from './writer-contract.js';

export interface Begun {
  reader: LogReader;
  committed: { position: number; state: unknown } | null;
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
  if (committed !== null && known !== null)
    await withdrawUncommitted(client, { database, shard, position: committed.position, throwIfLost: () => reader.throwIfLost() });
  // What is inserted from here on is behind a commit, so that a crash before the next one can be told from facts of another log.
  else if (committed !== null) await shifted.commit(committed.position, emptyCounts());
  return { reader: shifted, committed, isFirst: newest === 0 };
}
