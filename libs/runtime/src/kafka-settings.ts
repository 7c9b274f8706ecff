/** The settings of Kafka, a part of those in `config.ts`. */
import { z } from 'zod';

const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const maxPort = 65_535;

const brokers = z
  .string()
  .transform((text) => text.split(',').flatMap((name) => name.trim() || []))
  .refine((names) => names.length > 0 && names.every(isHostAndPort), 'is not a list of brokers: give them like host:9092,host:9092');

export const kafkaSettings = {
  kafkaBrokers: {
    variable: 'FLUOROSCOPE_KAFKA_BROKERS',
    shown: 'unset: disk log',
    what: 'Kafka brokers, as `host:port` with commas between them; all processes of an installation read and write there',
    schema: brokers.optional(),
  },
  kafkaUser: {
    variable: 'FLUOROSCOPE_KAFKA_USER',
    shown: 'none',
    what: 'user at the brokers (SASL)',
    schema: z.string().optional(),
  },
  kafkaPassword: {
    variable: 'FLUOROSCOPE_KAFKA_PASSWORD',
    shown: 'none',
    what: 'password of that user',
    schema: z.string().optional(),
  },
  kafkaSasl: {
    variable: 'FLUOROSCOPE_KAFKA_SASL',
    shown: 'scram-sha-512',
    what: `how the user proves it: ${saslMechanisms.join(', ')}`,
    schema: z.enum(saslMechanisms, { error: `is not known: give one of ${saslMechanisms.join(', ')}` }).prefault('scram-sha-512'),
  },
  kafkaTls: {
    variable: 'FLUOROSCOPE_KAFKA_TLS',
    shown: 'false',
    what: '`true`: speak TLS with the brokers',
    schema: z
      .enum(['true', 'false'], { error: 'is not known: give `true` or `false`' })
      .prefault('false')
      .transform((word) => word === 'true'),
  },
  kafkaCa: {
    variable: 'FLUOROSCOPE_KAFKA_CA',
    shown: "Node's own",
    what: "file of the authority that signed the brokers' certificates (PEM)",
    schema: z.string().optional(),
  },
  kafkaPartitions: {
    variable: 'FLUOROSCOPE_KAFKA_PARTITIONS',
    shown: '8',
    what: 'partitions of the segments, and of the metrics, when their topics are made: most writers that can share the work; to change it later is a drain',
    schema: z
      .string()
      .regex(/^[1-9]\d{0,3}$/, 'is not a number of partitions: give 1 to 9999')
      .prefault('8')
      .transform(Number),
  },
  kafkaTopicPrefix: {
    variable: 'FLUOROSCOPE_KAFKA_TOPIC_PREFIX',
    shown: 'fluoroscope.',
    what: 'what the names of topics and consumer groups begin with',
    schema: z
      .string()
      .regex(/^[a-zA-Z0-9._-]{1,100}$/, 'cannot begin the name of a topic: use letters, digits, `.`, `_` and `-`')
      .prefault('fluoroscope.'),
  },
  kafkaReplication: {
    variable: 'FLUOROSCOPE_KAFKA_REPLICATION',
    shown: "the brokers' own",
    what: 'copies of each topic, when it is made; from 2 on, one broker may be away',
    schema: z
      .string()
      .regex(/^[1-9]$/, 'is not a number of copies: give 1 to 9')
      .transform(Number)
      .optional(),
  },
};

interface KafkaValues {
  kafkaUser?: string | undefined;
  kafkaPassword?: string | undefined;
  kafkaCa?: string | undefined;
  kafkaTls: boolean;
}

export function kafkaProblem({ kafkaUser, kafkaPassword, kafkaCa, kafkaTls }: KafkaValues): string | null {
  if ((kafkaUser === undefined) !== (kafkaPassword === undefined))
    return 'FLUOROSCOPE_KAFKA_USER and FLUOROSCOPE_KAFKA_PASSWORD belong together: set both';
  if (kafkaCa === undefined || kafkaTls) return null;
  return `FLUOROSCOPE_KAFKA_CA=${kafkaCa} is of no use without FLUOROSCOPE_KAFKA_TLS=true: set both`;
}

function isHostAndPort(text: string): boolean {
  const port = /^[^\s:/]+:(\d{1,5})$|^\[[0-9a-f:]+\]:(\d{1,5})$/i.exec(text);
  return port !== null && Number(port[1] ?? port[2]) <= maxPort;
}
