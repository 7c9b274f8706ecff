/**
 * Starts a consumer, and again whenever kafkajs has given it up over what passes by itself: a coordinator that is not there yet, a
 * broker that starts again, a clock that is set back. Only what a user must see to, and a mistake in this program, is for good.
 */
import type { Consumer, ConsumerRunConfig } from 'kafkajs';
import type { KafkaConnection } from './kafka-connection.js';
import { problemOf } from './kafka-errors.js';

const restartMs = 500;
const clockMs = 1_000;

export interface RunOptions {
  connection: KafkaConnection;
  consumer: Consumer;
  topic: string;
  /** Says itself how far the next fetch may go on. */
  eachBatch: NonNullable<ConsumerRunConfig['eachBatch']>;
  isClosed: () => boolean;
  /** It cannot go on, and the process should end. */
  onFailure: (error: Error) => void;
}

export async function runConsumer(options: RunOptions): Promise<void> {
  const { connection, consumer, isClosed, onFailure } = options;
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (isClosed()) return;
    const isFinal = problemOf(error) !== null || error instanceof TypeError || error instanceof RangeError;
    if (isFinal) onFailure(problemOf(error) ?? error);
    else connection.sayUnreachable(error);
    if (!isFinal && !restart) setTimeout(() => void start(options).catch(onFailure), restartMs);
  });
  await start(options);
  joinAnewWhenSetBack(options);
}

/**
 * kafkajs beats by the wall clock. Set back by an hour, it would be silent for one: the group gives the member up, which goes on to
 * fetch and whose every commit is refused. So it leaves and joins again, with a count that begins at the new time.
 */
function joinAnewWhenSetBack(options: RunOptions): void {
  const { connection, consumer, isClosed, onFailure } = options;
  let beforeMs = Date.now();
  const timer = setInterval(() => {
    if (isClosed()) return clearInterval(timer);
    const nowMs = Date.now();
    const backMs = beforeMs - nowMs;
    beforeMs = nowMs;
    if (backMs <= 0) return;
    connection.logger.warn({ backMs }, 'the clock of this machine was set back: joining the readers of Kafka anew');
    consumer
      .stop()
      .then(() => start(options))
      .catch(onFailure);
  }, clockMs);
}

async function start({ connection, consumer, topic, eachBatch, isClosed }: RunOptions): Promise<void> {
  if (isClosed()) return;
  await connection.untilReached(async () => {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
  });
  if (!isClosed()) await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
}
