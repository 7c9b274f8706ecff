/**
 * Makes the topics of Kafka and the tables of ClickHouse, and ends: for who wants that done once, before anything starts, or by
 * somebody with more rights. Writers make what they find missing all the same.
 *
 * Waits for brokers and servers that are away. What a user must see to is one line and exit code 1.
 */
import { serversOf } from '@fluoroscope/clickhouse/servers';
import { KafkaConnection } from '@fluoroscope/log/kafka-connection';
import { type Config, readConfig } from '@fluoroscope/runtime/config';
import { createLogger } from '@fluoroscope/runtime/logger';
import { openStorage } from './open-storage.js';

async function prepare(config: Config): Promise<void> {
  const { kafkaBrokers, logLevel: level } = config;
  const servers = serversOf(config);
  if (kafkaBrokers === undefined || servers === null)
    throw new Error('There is nothing to prepare: set FLUOROSCOPE_KAFKA_BROKERS and FLUOROSCOPE_CLICKHOUSE_URL');
  const logger = createLogger({ name: 'prepare', level });
  const connection = await KafkaConnection.open({ settings: { ...config, kafkaBrokers }, name: 'prepare', logger });
  await connection.close();
  for (const clickhouse of servers.shards) await openStorage({ clickhouse, logger });
  logger.info('topics and tables are there');
}

const { config, problem } = readConfig(process.env);
try {
  if (config === undefined) throw new Error(problem);
  await prepare(config);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
