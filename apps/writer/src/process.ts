/**
 * A writer as a process of its own, one of any number: a member of the group that reads the segments and of the one that reads the
 * metrics, with a writer for each partition that it is given. What people edit it reads by itself, for the groups; what apis want of
 * traces they say every second.
 *
 * Without ClickHouse or without Kafka it is degraded, and goes on by itself when they are back: the log holds what comes.
 */
import { serversOf } from '@fluoroscope/clickhouse/servers';
import { groupHelp, kafkaHelp, metricWriterHelp, publisherHelp, writerHelp } from '@fluoroscope/contract/counter-help';
import type { PresenceRecord } from '@fluoroscope/contract/process-messages';
import { type DocumentKind, metricDocuments, segmentDocuments } from '@fluoroscope/log/document-kind';
import { KafkaAppender } from '@fluoroscope/log/kafka-appender';
import { KafkaConnection } from '@fluoroscope/log/kafka-connection';
import { KafkaControlLog } from '@fluoroscope/log/kafka-control-log';
import { KafkaGroup } from '@fluoroscope/log/kafka-group';
import { KafkaWatch } from '@fluoroscope/log/kafka-watch';
import type { LogReader } from '@fluoroscope/log/log';
import { Presence, presenceName } from '@fluoroscope/log/presence';
import { exposeCounters } from '@fluoroscope/runtime/counters';
import { earliestOf, healthOf } from '@fluoroscope/runtime/health';
import type { ProcessContext, StartedProcess } from '@fluoroscope/runtime/run-process';
import { ControlState } from '@fluoroscope/xray/control-state';
import { Interests } from './interests.js';
import { LivePublisher } from './live-publisher.js';
import { MetricWriters } from './metric-writers.js';
import { PartitionWriters } from './partition-writers.js';

/** ClickHouse may be away this long before the writer calls itself degraded. */
const troubleAfterMs = 2_000;

/** What this process does with the documents of one kind. */
interface Part {
  kind: DocumentKind;
  /** Of the group, without the installation's prefix. */
  group: string;
  /** What the names of the counters of its group and of its appender begin with. */
  counters: { group: string; appender: string };
  writers: { add(reader: LogReader): void };
}

interface JoinedPart {
  appender: KafkaAppender;
  group: KafkaGroup;
}

export async function startWriterProcess({ config, logger, shutdown, fail, signal }: ProcessContext): Promise<StartedProcess> {
  const servers = serversOf(config);
  if (servers === null) throw new Error('The writer as a process of its own needs a server: set FLUOROSCOPE_CLICKHOUSE_URL');
  const connection = await KafkaConnection.open({ settings: config, name: 'writer', logger, signal });
  const live = await KafkaAppender.open(connection, 'live', fail);
  const publisher = new LivePublisher(live);
  const { retentionDays } = config;
  const writers = new PartitionWriters({ servers, retentionDays, diskMaxBytes: 0, publisher, logger, onFailure: fail });
  const metricWriters = new MetricWriters({ servers, logger, onFailure: fail });
  const troubleSinceMs = () => earliestOf([writers.troubleSinceMs(), metricWriters.troubleSinceMs()]);
  const control = await openControl(connection, writers, fail);
  const presence = await openPresence(connection, { writers, troubleSinceMs, onFailure: fail });
  const parts = await Promise.all(partsOf(writers, metricWriters).map((part) => join(connection, part, fail)));
  const appenders = parts.map(({ appender }) => appender);
  const watch = new KafkaWatch(config.kafkaBrokers, [...appenders, live]);
  shutdown.add({ name: 'the writers', close: () => Promise.all([writers.close(), metricWriters.close()]), limitMs: 3_300 });
  shutdown.add({ name: 'the groups', close: () => Promise.all(parts.map(({ group }) => group.close())), limitMs: 1_000 });
  const others = [presence, control, { close: () => publisher.close().then(() => live.close()) }, ...appenders];
  shutdown.add({ name: 'the other topics', close: () => Promise.all(others.map((one) => one.close())), limitMs: 500 });
  shutdown.add({ name: 'Kafka', close: () => Promise.all([watch.close(), connection.close()]) });
  exposeCounters('fluoroscope_writer', writerHelp, () => writers.counters());
  exposeCounters('fluoroscope_metric_writer', metricWriterHelp, () => metricWriters.counters());
  exposeCounters('fluoroscope_live', publisherHelp, () => publisher);
  return { health: () => healthOf({ kafka: watch.state, clickhouse: stateOf(troubleSinceMs()) }, []) };
}

function partsOf(segments: PartitionWriters, metrics: MetricWriters): Part[] {
  const segmentCounters = { group: 'fluoroscope_group', appender: 'fluoroscope_kafka' };
  const metricCounters = { group: 'fluoroscope_metric_group', appender: 'fluoroscope_metric_kafka' };
  return [
    { kind: segmentDocuments, group: 'writer', counters: segmentCounters, writers: segments },
    { kind: metricDocuments, group: 'metric-writer', counters: metricCounters, writers: metrics },
  ];
}

async function join(connection: KafkaConnection, part: Part, onFailure: (error: unknown) => void): Promise<JoinedPart> {
  const { kind, counters, writers } = part;
  const appender = await KafkaAppender.open(connection, kind.topic, onFailure);
  const onPartition = (reader: LogReader) => writers.add(reader);
  const group = await KafkaGroup.join({ connection, kind, appender, name: connection.group(part.group), onPartition, onFailure });
  exposeCounters(counters.group, groupHelp, () => group.counters());
  exposeCounters(counters.appender, kafkaHelp, () => appender.counters());
  return { appender, group };
}

async function openControl(connection: KafkaConnection, writers: PartitionWriters, onFailure: (error: unknown) => void) {
  const state = new ControlState();
  const control = await KafkaControlLog.open({ connection, topic: 'control', fold: state, onFailure });
  const tellGroups = () => writers.setGroups(state.groups.records());
  control.onApplied(tellGroups);
  tellGroups();
  return control;
}

interface PresenceOf {
  writers: PartitionWriters;
  troubleSinceMs: () => number | null;
  onFailure: (error: unknown) => void;
}

function openPresence(connection: KafkaConnection, { writers, troubleSinceMs, onFailure }: PresenceOf): Promise<Presence> {
  const from = presenceName('writer');
  const interests = new Interests();
  const describe = (): PresenceRecord => {
    // Who has gone silent is found out by the clock, and this is one.
    writers.watch(interests.all(Date.now()));
    return { from, atMs: Date.now(), kind: 'writer', partitions: writers.reports(), troubleSinceMs: troubleSinceMs() };
  };
  const onRecord = (record: PresenceRecord) => {
    interests.hear(record, Date.now());
    if (record.kind === 'api') writers.watch(interests.all(Date.now()));
  };
  return Presence.open({ connection, describe, onRecord, onFailure });
}

function stateOf(sinceMs: number | null): string {
  const isInTrouble = sinceMs !== null && Date.now() - sinceMs > troubleAfterMs;
  return isInTrouble ? 'does not take what it is given' : 'ok';
}
