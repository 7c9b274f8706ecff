/**
 * An api as a process of its own, one of any number: appends to Kafka, folds the control log and the reports of samplers, and reads
 * what the writers tell from a minute back, so that every instance shows and decides the same.
 *
 * It can do its part while Kafka takes what it appends; without ClickHouse it is degraded.
 */
import { fileURLToPath } from 'node:url';
import { AnyServer } from '@fluoroscope/clickhouse/any-server';
import { connect } from '@fluoroscope/clickhouse/clickhouse';
import { checkUser } from '@fluoroscope/clickhouse/migrate';
import { serversOf, shardOf } from '@fluoroscope/clickhouse/servers';
import { kafkaHelp } from '@fluoroscope/contract/counter-help';
import type { PresenceRecord } from '@fluoroscope/contract/process-messages';
import { DeadMessages } from '@fluoroscope/log/dead-messages';
import { KafkaAppender } from '@fluoroscope/log/kafka-appender';
import { KafkaConnection } from '@fluoroscope/log/kafka-connection';
import { KafkaControlLog } from '@fluoroscope/log/kafka-control-log';
import { KafkaWatch } from '@fluoroscope/log/kafka-watch';
import { Presence, presenceName } from '@fluoroscope/log/presence';
import { type CounterHelp, exposeCounters } from '@fluoroscope/runtime/counters';
import { healthOf } from '@fluoroscope/runtime/health';
import { httpPortProblem } from '@fluoroscope/runtime/http-port';
import type { ProcessContext, StartedProcess } from '@fluoroscope/runtime/run-process';
import { ControlState } from '@fluoroscope/xray/control-state';
import { PassingState } from '@fluoroscope/xray/passing-state';
import { Access } from './access/access.js';
import { type Api, startApi } from './api.js';
import type { ApiOptions } from './api-options.js';
import { LiveFeed } from './live/live-feed.js';
import { LiveTopic, type LiveTopicCounters } from './live/live-topic.js';
import { ProcessReports } from './process-reports.js';
import { StorageWatch } from './storage-watch.js';
import { storedIn } from './stored.js';

const liveHelp: CounterHelp<LiveTopicCounters> = {
  records: 'Records of the topic live that were read',
  bytes: 'Bytes of documents of the topic live that were read',
  outdated: 'Records of writers that had lost their partition',
};

/** Everything behind the port, so that the port can be opened when all of it is there. */
type Behind = Omit<ApiOptions, 'hosts' | 'port' | 'allowedHosts' | 'uiFolder' | 'region' | 'accountId' | 'logger'>;

export async function startApiProcess(context: ProcessContext): Promise<StartedProcess> {
  const { config, logger, shutdown, fail, signal } = context;
  const access = await Access.open(config);
  const servers = serversOf(config);
  if (servers === null) throw new Error('The api as a process of its own needs a server: set FLUOROSCOPE_CLICKHOUSE_URL');
  await Promise.all(servers.shards.map(checkUser));
  const connection = await KafkaConnection.open({ settings: config, name: 'api', logger, signal });
  const log = await KafkaAppender.open(connection, 'segments', fail);
  const metricLog = await KafkaAppender.open(connection, 'metrics', fail);
  const [control, statistics] = [new ControlState(), new PassingState()];
  const controlLog = await KafkaControlLog.open({ connection, topic: 'control', fold: control, onFailure: fail });
  const statisticsLog = await KafkaControlLog.open({ connection, topic: 'sampling', fold: statistics, onFailure: fail });
  const feed = new LiveFeed();
  const reports = new ProcessReports();
  const presence = await openPresence(connection, { feed, reports, fail });
  const reading = new AnyServer(shardOf(servers, 0));
  const shards = servers.shards.map((address) => connect(address));
  const watches = { kafka: new KafkaWatch(config.kafkaBrokers, [log, metricLog]), clickhouse: new StorageWatch(reading) };
  const health = () => {
    const parts = { kafka: watches.kafka.state, clickhouse: watches.clickhouse.state, writers: reports.writerState(Date.now()) };
    return healthOf(parts, ['kafka']);
  };
  const behind: Behind = {
    ...access.given(),
    ...storedIn(reading.client, shards),
    deadMessages: new DeadMessages(connection),
    log,
    metricLog,
    control: { log: controlLog, state: control },
    statistics: { log: statisticsLog, state: statistics },
    live: feed,
    health,
    ingest: () => reports.ingest(Date.now()),
  };
  const serve = async () => {
    const api = await openPort(context, behind);
    process.on('SIGHUP', () => void access.reload((certificate) => api.renew(certificate), logger));
    shutdown.add({ name: 'the HTTP port', close: () => api.close() });
    const live = await LiveTopic.open({ connection, feed, onFailure: fail });
    exposeCounters('fluoroscope_live', liveHelp, () => live.counters);
    exposeCounters('fluoroscope_kafka', kafkaHelp, () => log.counters());
    exposeCounters('fluoroscope_metric_kafka', kafkaHelp, () => metricLog.counters());
    const topics = [presence, live, controlLog, statisticsLog];
    shutdown.add({ name: 'the topics', close: () => Promise.all(topics.map((topic) => topic.close())), limitMs: 1_000 });
    shutdown.add({ name: 'Kafka', close: () => Promise.all([log.close(), metricLog.close()]).then(() => connection.close()) });
    shutdown.add({ name: 'ClickHouse', close: () => Promise.all([reading, ...shards].map((one) => one.close())), limitMs: 500 });
    return { url: api.url, localUrl: api.localUrl };
  };
  return { health, serve };
}

function openPort({ config, logger }: ProcessContext, behind: Behind): Promise<Api> {
  const { hosts, httpPort: port, allowedHosts, region, accountId } = config;
  const uiFolder = fileURLToPath(new URL('../../ui/dist', import.meta.url));
  return startApi({ ...behind, hosts, port, allowedHosts, uiFolder, region, accountId, logger }).catch((error) => {
    throw httpPortProblem(error, config);
  });
}

/** Says at once when somebody here wants something else of traces. */
async function openPresence(
  connection: KafkaConnection,
  { feed, reports, fail }: { feed: LiveFeed; reports: ProcessReports; fail: (error: unknown) => void },
): Promise<Presence> {
  const from = presenceName('api');
  const describe = (): PresenceRecord => ({ from, atMs: Date.now(), kind: 'api', interest: feed.interest });
  const onRecord = (record: PresenceRecord) => reports.hear(record, Date.now());
  const presence = await Presence.open({ connection, describe, onRecord, onFailure: fail });
  feed.onWatch(() => presence.say());
  return presence;
}
