/** One broker for the whole suite: ours, or the one that runs already. A test that stops its broker starts one of its own. */
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { KafkaBroker } from '../fixtures/kafka/broker.js';
import { findKafka } from '../fixtures/kafka/find-kafka.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    kafkaBrokers: string;
    /** Null where the broker is not ours. */
    kafkaSaslBrokers: string | null;
    /** Of Kafka's own clients; null where they are not on this machine. */
    kafkaClassPath: string | null;
  }
}

export function sharedBroker(): { brokers: string; saslBrokers: string | null; classPath: string | null } {
  return { brokers: inject('kafkaBrokers'), saslBrokers: inject('kafkaSaslBrokers'), classPath: inject('kafkaClassPath') };
}

export default async function setup(project: TestProject): Promise<() => Promise<void> | undefined> {
  const found = findKafka();
  const broker = found?.brokers === undefined ? await KafkaBroker.start() : null;
  project.provide('kafkaBrokers', broker?.brokers ?? found?.brokers ?? '');
  project.provide('kafkaSaslBrokers', broker?.saslBrokers ?? null);
  project.provide('kafkaClassPath', found?.brokers === undefined && found?.engine === null ? found.classPath : null);
  return () => broker?.remove();
}
