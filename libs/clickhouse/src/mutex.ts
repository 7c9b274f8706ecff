/**
 * One at a time on a ClickHouse server, whoever asks: the holder runs a query under a name, and no second query may have it. A
 * holder that dies or whose machine is gone lets go with its connection, and so does a server that dies; nothing has to be
 * cleaned up, no clock is compared, and a holder that was merely paused holds on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouseError } from '@clickhouse/client';
import type { ClickHouseClient } from './clickhouse.js';

/** A row in this time, so that it is soon known that the query runs, and that the connection is cut. */
const heartbeatSeconds = 0.05;
const retryMs = 200;
const alreadyRunning = '216';

/** `held` throws when another might hold it by now: to be called before every step. */
export async function oneAtATime(client: ClickHouseClient, name: string, work: (held: () => void) => Promise<void>): Promise<void> {
  const hold = await take(client, name);
  try {
    await work(() => {
      if (!hold.isHeld) throw new Error(`the connection that holds ${name} was cut`);
    });
  } finally {
    hold.release();
  }
}

interface Hold {
  isHeld: boolean;
  release(): void;
}

async function take(client: ClickHouseClient, name: string): Promise<Hold> {
  for (;;) {
    try {
      return await run(client, name);
    } catch (error) {
      if (!(error instanceof ClickHouseError) || error.code !== alreadyRunning) throw error;
      await sleep(retryMs * (0.5 + Math.random()));
    }
  }
}

/** Resolves with its first row. */
async function run(client: ClickHouseClient, name: string): Promise<Hold> {
  const result = await client.query({
    query: `SELECT sleepEachRow(${heartbeatSeconds}) FROM system.numbers`,
    query_id: name,
    format: 'TabSeparated',
    clickhouse_settings: {
      readonly: '2',
      cancel_http_readonly_queries_on_client_close: 1,
      max_block_size: '1',
    },
  });
  const stream = result.stream();
  const hold: Hold = { isHeld: true, release: () => result.close() };
  for (const event of ['end', 'error', 'close']) {
    stream.on(event, () => {
      hold.isHeld = false;
    });
  }
  stream.resume();
  return hold;
}
