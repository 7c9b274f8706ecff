/**
 * The daemon as a process of its own: appends to Kafka by itself, and forwards the SDKs' sampling calls to an api elsewhere. It
 * cannot do its part without Kafka; without an api only the sampling calls fail.
 *
 * Stops in the order of the way of a datagram: the port, what is in hand, Kafka.
 */
import { daemonHelp, kafkaHelp } from '@fluoroscope/contract/counter-help';
import { KafkaAppender } from '@fluoroscope/log/kafka-appender';
import { KafkaConnection } from '@fluoroscope/log/kafka-connection';
import { KafkaWatch } from '@fluoroscope/log/kafka-watch';
import { Presence, presenceName } from '@fluoroscope/log/presence';
import type { Config } from '@fluoroscope/runtime/config';
import { exposeCounters } from '@fluoroscope/runtime/counters';
import { healthOf } from '@fluoroscope/runtime/health';
import type { ProcessContext, StartedProcess } from '@fluoroscope/runtime/run-process';
import type { Credentials } from '@fluoroscope/runtime/sigv4';
import { startDaemon, uploadTargetOf } from './daemon.js';

/** Between the socket and Kafka: about half a second at 100,000 small documents a second. */
const bufferBytes = 64 * 1024 * 1024;

export async function startDaemonProcess({ config, logger, shutdown, fail, signal }: ProcessContext): Promise<StartedProcess> {
  const connection = await KafkaConnection.open({ settings: config, name: 'daemon', logger, signal });
  const log = await KafkaAppender.open(connection, 'segments', fail);
  const upload = uploadTargetOf(config);
  const daemon = await startDaemon({
    hosts: config.xrayHosts,
    port: config.xrayPort,
    log,
    logger,
    bufferBytes,
    apiUrl: config.apiUrl,
    credentials: credentialsOf(config),
    allowedHosts: config.allowedHosts,
    ...(upload && { upload }),
  });
  shutdown.add({ name: 'the X-Ray port', close: () => daemon.close() });
  const from = presenceName('daemon');
  const describe = () => ({ from, atMs: Date.now(), kind: 'daemon' as const, counters: daemon.counters() });
  const presence = await Presence.open({ connection, describe, onRecord: () => {}, onFailure: fail });
  const watch = new KafkaWatch(config.kafkaBrokers, [log]);
  shutdown.add({ name: 'what is heard of other processes', close: () => presence.close(), limitMs: 500 });
  shutdown.add({ name: 'Kafka', close: () => Promise.all([watch.close(), log.close().then(() => connection.close())]) });
  exposeCounters('fluoroscope_daemon', daemonHelp, () => daemon.counters());
  exposeCounters('fluoroscope_kafka', kafkaHelp, () => log.counters());
  logger.info({ port: daemon.port }, 'listening for segments');
  return { health: () => healthOf({ kafka: watch.state }, ['kafka']), xrayPort: daemon.port };
}

function credentialsOf({ apiKeyId: id, apiSecret: secret, region }: Config): Credentials | undefined {
  return id === undefined || secret === undefined ? undefined : { id, secret, region };
}
