/** The data folder of a tree: that it is there, and the embedded ClickHouse in it. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedClickHouse, startEmbedded, unsupportedPlatform } from '@fluoroscope/clickhouse/embedded';
import type { Config } from '@fluoroscope/runtime/config';
import type { Logger } from '@fluoroscope/runtime/logger';

/** Of the embedded server; the rest of the tree needs about 250 MB. */
const clickhouseMemoryBytes = 1_500_000_000;
/** The part of FLUOROSCOPE_DISK_MAX that the log may take; it is small while the writer keeps up. */
export const logShare = 0.2;

/** Rejects with one line for the user where there is no engine for this platform. */
export async function startEngine({ dataDir }: Config, logger: Logger): Promise<EmbeddedClickHouse> {
  const problem = unsupportedPlatform();
  if (problem !== null) throw new Error(problem);
  const lines = { info: (message: string) => logger.info(message), warn: (message: string) => logger.warn(message) };
  return startEmbedded({ folder: join(dataDir, 'clickhouse'), maxMemoryBytes: clickhouseMemoryBytes, logger: lines });
}

export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const what = existsSync(folder) ? 'is not a folder' : 'cannot be made';
    throw new Error(`FLUOROSCOPE_DATA_DIR=${folder} ${what} (${reason}): give another one`);
  }
}
