/** The data folder of a tree: that it is there, and the embedded ClickHouse in it. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedClickHouse, startEmbedded, unsupportedPlatform } from '@fluoroscope/clickhouse/embedded';
import type { Config } from '@fluoroscope/runtime/config';
import type { Logger } from '@fluoroscope/runtime/logger';
import type { StoredLog } from './messages.js';

/** Of the embedded server; the rest of the tree needs about 250 MB. */
const clickhouseMemoryBytes = 1_500_000_000;
/** The part of FLUOROSCOPE_DISK_MAX that the logs of what arrives may take; they are small while the writer keeps up. */
export const logShare = 0.2;
/**
 * The part of that for metrics; the rest is for segments. Each has a bound of its own, so that a flood of one does not keep the other out.
 * Apps send metrics of a minute at a time and segments for each request: with a quarter, the metrics mostly last the longer when the
 * writer is away.
 */
const metricsShare = 0.25;

/** Rejects with one line for the user where there is no engine for this platform. */
export async function startEngine({ dataDir }: Config, logger: Logger): Promise<EmbeddedClickHouse> {
  const problem = unsupportedPlatform();
  if (problem !== null) throw new Error(problem);
  const lines = { info: (message: string) => logger.info(message), warn: (message: string) => logger.warn(message) };
  return startEmbedded({ folder: join(dataDir, 'clickhouse'), maxMemoryBytes: clickhouseMemoryBytes, logger: lines });
}

/** Most bytes of each log on disk. */
export function logCapsOf({ diskMaxBytes }: Config): Record<StoredLog, number> {
  const bytes = diskMaxBytes * logShare;
  return { segments: Math.floor(bytes * (1 - metricsShare)), metrics: Math.floor(bytes * metricsShare) };
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
