/**
 * A writer as a process of its own, one of any number: a member of the group that reads the segments, with a writer for each
 * partition that it is given. What people edit it reads by itself, for the groups; what apis want of traces they say every second.
 *
 * Without ClickHouse or without Kafka it is degraded, and goes on by itself when they are back: the log holds what comes.
 */
import { serversOf } from '@fluoroscope/clickhouse/servers';
import { groupHelp, kafkaHelp, publisherHelp, writerHelp } from '@fluoroscope/contract/counter-help';
import type { PresenceRecord } from '@fluoroscope/contract/process-messages';
import { KafkaAppender } from '@fluoroscope/log/kafka-appender';
import { KafkaConnection } from '@fluoroscope/log/kafka-connection';
import { KafkaControlLog } from '@fluoroscope/log/kafka-control-log';
import { KafkaGroup } from '@fluoroscope/log/kafka-group';
import { KafkaWatch } from '@fluoroscope/log/kafka-watch';
import { Presence, presenceName } from '@fluoroscope/log/presence';
import { exposeCounters } from '@fluoroscope/runtime/counters';
import { healthOf } from '@fluoroscope/runtime/health';
import type { ProcessContext, StartedProcess } from '@fluoroscope/runtime/run-process';
import { ControlState } from '@fluoroscope/xray/control-state';
import { Interests } from './interests.js';
import { LivePublisher } from './live-publisher.js';
import { PartitionWriters } from './partition-writers.js';

/** ClickHouse may be away this long before the writer calls itself degraded. */
const troubleAfterMs = 2_000;

export async function startWriterProcess({ config, logger, shutdown, fail, signal }: ProcessContext): Promise<StartedProcess> {
  const servers = serversOf(config);
  if (servers === null) throw new Error('The writer as a process of its own needs a server: set FLUOROSCOPE_CLICKHOUSE_URL');
  const connection = await KafkaConnection.open({ settings: config, name: 'writer', logger, signal });
  const appender = await KafkaAppender.open(connection, 'segments', fail);
  const live = await KafkaAppender.open(connection, 'live', fail);
  const publisher = new LivePublisher(live);
  const { retentionDays } = config;
  const writers = new PartitionWriters({ servers, retentionDays, diskMaxBytes: 0, publisher, logger, onFailure: fail });
  const control = await openControl(connection, writers, fail);
  const presence = await openPresence(connection, writers, fail);
  const name = connection.group('writer');
  const onPartition = writers.add.bind(writers);
  const group = await KafkaGroup.join({ connection, appender, name, onPartition, onFailure: fail });
  const watch = new KafkaWatch(config.kafkaBrokers, [appender, live]);
  shutdown.add({ name: 'the writers', close: () => writers.close(), limitMs: 3_300 });
  shutdown.add({ name: 'the group', close: () => group.close(), limitMs: 1_000 });
  const others = [() => presence.close(), () => control.close(), () => publisher.close().then(() => live.close()), () => appender.close()];
  shutdown.add({ name: 'the other topics', close: () => Promise.all(others.map((close) => close())), limitMs: 500 });
  shutdown.add({ name: 'Kafka', close: () => Promise.all([watch.close(), connection.close()]) });
  exposeCounters('fluoroscope_writer', writerHelp, () => writers.counters());
  exposeCounters('fluoroscope_group', groupHelp, () => group.counters());
  exposeCounters('fluoroscope_kafka', kafkaHelp, () => appender.counters());
  exposeCounters('fluoroscope_live', publisherHelp, () => publisher);
  return { health: () => healthOf({ kafka: watch.state, clickhouse: stateOf(writers.troubleSinceMs()) }, []) };
}

async function openControl(connection: KafkaConnection, writers: PartitionWriters, onFailure: (error: unknown) => void) {
  const state = new ControlState();
  const control = await KafkaControlLog.open({ connection, topic: 'control', fold: state, onFailure });
  const tellGroups = () => writers.setGroups(state.groups.records());
  control.onApplied(tellGroups);
  tellGroups();
  return control;
}

function openPresence(connection: KafkaConnection, writers: PartitionWriters, onFailure: (error: unknown) => void): Promise<Presence> {
  const from = presenceName('writer');
  const interests = new Interests();
  const describe = (): PresenceRecord => {
    // Who has gone silent is found out by the clock, and this is one.
    writers.watch(interests.all(Date.now()));
    return { from, atMs: Date.now(), kind: 'writer', partitions: writers.reports(), troubleSinceMs: writers.troubleSinceMs() };
  };
  const onRecord = (record: PresenceRecord) => {
    interests.hear(record, Date.now());
    if (record.kind === 'api') writers.watch(interests.all(Date.now()));
  };
  return Presence.open({ connection, describe, onRecord, onFailure });
}

function stateOf(troubleSinceMs: number | null): string {
  const isInTrouble = troubleSinceMs !== null && Date.now() - troubleSinceMs > troubleAfterMs;
  return isInTrouble ? 'does not take what it is given' : 'ok';
}
