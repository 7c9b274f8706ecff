/** The one-shot of docker-compose.yml that makes topics and tables, on a real broker and a real server with the users that we ship. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connect } from '@fluoroscope/clickhouse/clickhouse';
import { KafkaConnection } from '@fluoroscope/log/kafka-connection';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClickHouseServer, startClickHouseServers, storing } from '../fixtures/clickhouse-server.js';
import { kafkaSettings } from './kafka-log.js';

const entry = fileURLToPath(new URL('../../apps/writer/dist/prepare.js', import.meta.url));
const settings = kafkaSettings({ kafkaPartitions: 3 });
let server: ClickHouseServer;

beforeAll(async () => {
  [server] = (await startClickHouseServers(1)) as [ClickHouseServer];
});
afterAll(() => server?.remove());

async function prepare(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [entry], { env: { ...process.env, FLUOROSCOPE_LOG_LEVEL: 'warn', ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

describe('apps/writer/dist/prepare.js', () => {
  it('makes the topics and the tables and ends, and does nothing when they are there', async () => {
    const env = {
      FLUOROSCOPE_KAFKA_BROKERS: settings.kafkaBrokers.join(),
      FLUOROSCOPE_KAFKA_TOPIC_PREFIX: settings.kafkaTopicPrefix,
      FLUOROSCOPE_KAFKA_PARTITIONS: '3',
      FLUOROSCOPE_CLICKHOUSE_URL: server.url,
      FLUOROSCOPE_CLICKHOUSE_USER: storing.username,
      FLUOROSCOPE_CLICKHOUSE_PASSWORD: storing.password,
    };
    for (const _ of ['first', 'again']) expect(await prepare(env)).toEqual({ code: 0, said: '' });
    const logger = { debug: () => {}, warn: () => {}, error: () => {} };
    const connection = await KafkaConnection.open({ settings, name: 'test', logger });
    expect(connection.partitions('segments')).toBe(3);
    await connection.close();
    const client = connect(server.address);
    const result = await client.query({
      query: 'SELECT count() AS tables FROM system.tables WHERE database = currentDatabase()',
      format: 'JSONEachRow',
    });
    expect((await result.json<{ tables: number }>())[0]?.tables).toBeGreaterThan(5);
    await client.close();
  });

  it('says in one line what is missing, and fails', async () => {
    expect(await prepare({ FLUOROSCOPE_CLICKHOUSE_URL: server.url })).toEqual({
      code: 1,
      said: 'There is nothing to prepare: set FLUOROSCOPE_KAFKA_BROKERS and FLUOROSCOPE_CLICKHOUSE_URL\n',
    });
  });
});
