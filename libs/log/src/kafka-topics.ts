/**
 * The topics, with what each is for and how long it keeps what it has. They are made when they are missing; what exists stays as
 * an operator has it, but for too few partitions, which is refused: the partition of a document follows from their number.
 */
import kafkajs, { type Admin, type ITopicConfig, type ProducerConfig } from 'kafkajs';
import { KafkaProblem, reasonOf, typeOf } from './kafka-errors.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const forever = -1;
/** A document may have 8 MB, and travels with headers. */
const maxMessageBytes = 9 * 1024 * 1024;

/** The brokers' clock says when a message came, so that nobody's clock makes it expire. */
const stamped = { 'message.timestamp.type': 'LogAppendTime', 'max.message.bytes': maxMessageBytes };
/** Brokers compress again what others wrote otherwise, so that every message can be read here. */
const written = { ...stamped, 'compression.type': 'lz4' };

const topics = {
  /** Documents on their way to the writers. */
  segments: { retentionMs: 3 * dayMs, config: written },
  /** Messages that are not ours, with the reason. */
  'segments.dead': { retentionMs: 30 * dayMs, config: stamped },
  /** What calls of PutMetricData say, on its way to the writers. */
  metrics: { retentionMs: 3 * dayMs, config: written },
  'metrics.dead': { retentionMs: 30 * dayMs, config: stamped },
  /** What the writers tell the apis ten times a second. */
  live: { retentionMs: hourMs / 6, config: { ...stamped, 'segment.ms': hourMs / 6 } },
  /** What processes say of themselves every second. */
  presence: { retentionMs: hourMs / 6, config: { 'segment.ms': hourMs / 6 } },
  /** What people have changed. */
  control: { retentionMs: forever, config: { ...stamped, 'retention.bytes': forever } },
  /** Reports of samplers, and retrievals of traces. */
  sampling: { retentionMs: hourMs, config: { ...stamped, 'segment.ms': hourMs / 6 } },
} as const;

export type TopicName = keyof typeof topics;
const names = Object.keys(topics) as TopicName[];
/** What the writers share. */
const partitioned: readonly TopicName[] = ['segments', 'metrics'];

export interface TopicSettings {
  kafkaTopicPrefix: string;
  kafkaPartitions: number;
  kafkaReplication?: number | undefined;
}

/** A broker that restarts is away for some seconds: about half a minute of tries. */
export const patientRetry = { initialRetryTime: 200, maxRetryTime: 2_000, factor: 0.2, multiplier: 2, retries: 16 };

/** Partitions are always given, so the partitioner is of no use; kafkajs warns where none is chosen. */
export const producerOptions: ProducerConfig = {
  createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
  retry: patientRetry,
};

/** Every in-sync replica has it before it counts. */
export const delivery = { acks: -1, compression: kafkajs.CompressionTypes.LZ4 };

export function topicOf(settings: TopicSettings, name: TopicName): string {
  return `${settings.kafkaTopicPrefix}${name}`;
}

/** Makes what is missing, and answers how many partitions each topic has. */
export async function ensureTopics(admin: Admin, settings: TopicSettings): Promise<Map<TopicName, number>> {
  const present = new Set(await admin.listTopics());
  const missing = names.filter((name) => !present.has(topicOf(settings, name)));
  if (missing.length > 0)
    await create(
      admin,
      missing.map((name) => topicConfig(settings, name)),
      settings,
    );
  const { topics: found } = await admin.fetchTopicMetadata({ topics: names.map((name) => topicOf(settings, name)) });
  const counts = new Map(names.map((name) => [name, found.find((one) => one.name === topicOf(settings, name))?.partitions.length ?? 0]));
  checkPartitions(settings, counts);
  return counts;
}

function topicConfig(settings: TopicSettings, name: TopicName): ITopicConfig {
  const { retentionMs, config } = topics[name];
  const replication = settings.kafkaReplication;
  // One replica may be away without anything being refused, and what is acknowledged is in two places.
  const inSync = replication === undefined ? {} : { 'min.insync.replicas': Math.max(1, replication - 1) };
  const entries = { 'retention.ms': retentionMs, 'cleanup.policy': 'delete', ...config, ...inSync };
  return {
    topic: topicOf(settings, name),
    numPartitions: partitionsFor(settings, name),
    replicationFactor: replication ?? -1,
    configEntries: Object.entries(entries).map(([key, value]) => ({ name: key, value: String(value) })),
  };
}

function partitionsFor({ kafkaPartitions }: TopicSettings, name: TopicName): number {
  return partitioned.includes(name) ? kafkaPartitions : 1;
}

/** Another process may make them at the same time: then they are there, which is all that is asked. */
async function create(admin: Admin, missing: ITopicConfig[], { kafkaReplication }: TopicSettings): Promise<void> {
  try {
    await admin.createTopics({ topics: missing, waitForLeaders: true });
    // A leader that is named may not lead yet; what is appended until then would be tried again, and some of it written twice.
    for (const { topic } of missing) await admin.fetchTopicOffsets(topic);
  } catch (error) {
    const named = missing.map(({ topic }) => topic).join(', ');
    if (typeOf(error) === 'INVALID_REPLICATION_FACTOR')
      throw new KafkaProblem(
        `Kafka cannot keep ${kafkaReplication ?? 'the default number of'} copies of ${named}: set FLUOROSCOPE_KAFKA_REPLICATION to at most the number of brokers`,
      );
    if (typeOf(error) === 'POLICY_VIOLATION' || typeOf(error) === 'INVALID_CONFIG')
      throw new KafkaProblem(`Kafka does not let us make ${named} (${reasonOf(error)}): make them as docs/kafka.md says`);
    throw error;
  }
}

function checkPartitions(settings: TopicSettings, counts: Map<TopicName, number>): void {
  const short = partitioned.find((name) => (counts.get(name) ?? 0) < settings.kafkaPartitions);
  if (short === undefined) return;
  const [topic, count] = [topicOf(settings, short), counts.get(short) ?? 0];
  const isAlone = partitioned.some((name) => (counts.get(name) ?? 0) >= settings.kafkaPartitions);
  const mend = isAlone ? 'give it as many as the others' : `set that to ${count}`;
  throw new KafkaProblem(
    `${topic} has ${count} partitions, and FLUOROSCOPE_KAFKA_PARTITIONS=${settings.kafkaPartitions} asks for more: ${mend}, or see docs/kafka.md on how to change the number`,
  );
}
