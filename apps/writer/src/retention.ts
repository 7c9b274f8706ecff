/**
 * Drops the oldest days, whole parts at a time: what is older than the retention, and, while the database is larger than it
 * may be, the oldest day that is left. Never the current day. What is kept aside lies in no day, and goes by when it was received.
 */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import { formatBytes } from '@fluoroscope/format/bytes';

const checkMs = 60_000;
/** ClickHouse would refuse to drop more than 50 GB at once, against mistakes of people. */
const anySize = { max_partition_size_to_drop: '0' };
const tables = [
  'documents',
  'entities',
  'relations',
  'links',
  'links_by_cause',
  'touched',
  'slices',
  'traces',
  'traced',
  'group_members',
  'group_slices',
  'metric_data',
  'metrics',
  'metric_calls',
] as const;

export interface RetentionOptions {
  client: ClickHouseClient;
  retentionDays: number;
  /** 0 for no limit. */
  diskMaxBytes: number;
  logger: { info(message: string): void; warn(message: string): void };
}

interface Part {
  partition: string;
  bytes: number;
}

export class Retention {
  /** Days dropped since the start. */
  droppedDays = 0;
  private isTodayTooLarge = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: RetentionOptions) {}

  start(): void {
    this.timer = setInterval(
      () => void this.check().catch((error: unknown) => this.options.logger.warn(`Retention failed: ${String(error)}`)),
      checkMs,
    );
  }

  close(): void {
    clearInterval(this.timer);
  }

  async check(nowMs = Date.now()): Promise<void> {
    const days = await this.days();
    const oldestMs = nowMs - this.options.retentionDays * 86_400_000;
    const oldestKept = dayOf(oldestMs);
    const today = dayOf(nowMs);
    await this.forgetDead(oldestMs);
    let bytes = days.reduce((sum, day) => sum + day.bytes, 0);
    for (const day of days) {
      const tooMuch = this.options.diskMaxBytes > 0 && bytes > this.options.diskMaxBytes;
      if (day.partition >= today || (day.partition >= oldestKept && !tooMuch)) continue;
      await this.drop(day.partition);
      bytes -= day.bytes;
    }
    this.noteToday(bytes);
  }

  /** What came today stays whatever its size; somebody has to be told. */
  private noteToday(bytes: number): void {
    const { diskMaxBytes, logger } = this.options;
    const wasTooLarge = this.isTodayTooLarge;
    this.isTodayTooLarge = diskMaxBytes > 0 && bytes > diskMaxBytes;
    if (!this.isTodayTooLarge || wasTooLarge) return;
    const sizes = `${formatBytes(bytes)}, and may hold ${formatBytes(diskMaxBytes)}`;
    logger.warn(`The database holds ${sizes}; only today is left, which is kept. Raise FLUOROSCOPE_DISK_MAX, or send less.`);
  }

  /** Oldest first. */
  private async days(): Promise<Part[]> {
    const query = `SELECT partition, toFloat64(sum(bytes_on_disk)) AS bytes FROM system.parts
      WHERE active AND database = currentDatabase() AND table IN ({tables: Array(String)}) GROUP BY partition ORDER BY partition`;
    const result = await this.options.client.query({ query, query_params: { tables: [...tables] }, format: 'JSONEachRow' });
    return result.json<Part>();
  }

  /** Asked first: a statement that deletes makes the parts of a table anew, if only to find nothing. */
  private async forgetDead(beforeMs: number): Promise<void> {
    const { client } = this.options;
    const condition = 'received_at < fromUnixTimestamp64Milli({before: Int64})';
    const query_params = { before: beforeMs };
    const query = `SELECT toUInt32(count()) FROM dead_documents WHERE ${condition}`;
    const [row] = await (await client.query({ query, query_params, format: 'JSONCompactEachRow' })).json<[number]>();
    if ((row?.[0] ?? 0) > 0) await client.command({ query: `DELETE FROM dead_documents WHERE ${condition}`, query_params });
  }

  private async drop(partition: string): Promise<void> {
    for (const table of tables) {
      const query = `ALTER TABLE ${table} DROP PARTITION ${Number(partition)}`;
      await this.options.client.command({ query, clickhouse_settings: anySize });
    }
    this.droppedDays++;
    this.options.logger.info(`Dropped the data of ${partition}: it is older than the retention, or the database was too large.`);
  }
}

/** As in the tables' partition key: 20261121. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll('-', '');
}
