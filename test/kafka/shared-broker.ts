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
  }
}

export function sharedBroker(): { brokers: string; saslBrokers: string | null } {
  return { brokers: inject('kafkaBrokers'), saslBrokers: inject('kafkaSaslBrokers') };
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const running = findKafka()?.brokers;
  if (running !== undefined) {
    project.provide('kafkaBrokers', running);
    project.provide('kafkaSaslBrokers', null);
    return undefined;
  }
  const broker = await KafkaBroker.start();
  project.provide('kafkaBrokers', broker.brokers);
  project.provide('kafkaSaslBrokers', broker.saslBrokers);
  return () => broker.remove();
}
