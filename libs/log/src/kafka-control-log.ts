/**
 * A control log on Kafka: a topic of one partition, which every process reads from its beginning and folds. Its order decides
 * between two changes, whichever processes they were made in. There are no snapshots: what people change is little, and what is
 * soon of no use the topic itself forgets.
 */
import type { Actor } from '@fluoroscope/contract/control';
import { ControlChanges, type ControlFold } from './control-changes.js';
import type { ControlLogCounters } from './control-log.js';
import { KafkaAppender } from './kafka-appender.js';
import { KafkaBroadcast } from './kafka-broadcast.js';
import type { KafkaConnection } from './kafka-connection.js';

export interface KafkaControlLogOptions<Outcome> {
  connection: KafkaConnection;
  topic: 'control' | 'sampling';
  fold: ControlFold<Outcome>;
  /** It cannot go on, and the process should end. */
  onFailure: (error: Error) => void;
}

export class KafkaControlLog<Outcome> {
  readonly #appender: KafkaAppender;
  readonly #changes: ControlChanges<Outcome>;
  readonly #broadcast: KafkaBroadcast;

  private constructor(appender: KafkaAppender, changes: ControlChanges<Outcome>, broadcast: KafkaBroadcast) {
    this.#appender = appender;
    this.#changes = changes;
    this.#broadcast = broadcast;
  }

  /** Resolves when every record that was there has been applied. */
  static async open<Outcome>({ connection, topic, fold, onFailure }: KafkaControlLogOptions<Outcome>): Promise<KafkaControlLog<Outcome>> {
    const appender = await KafkaAppender.open(connection, topic);
    const changes = new ControlChanges(appender, fold);
    try {
      const onBatch = changes.take.bind(changes);
      return new KafkaControlLog(appender, changes, await KafkaBroadcast.open({ connection, topic, sinceMs: 0, onBatch, onFailure }));
    } catch (error) {
      await appender.close();
      throw error;
    }
  }

  /** As `ControlChanges` has it. */
  change(change: object, actor: Actor): Promise<Outcome> {
    return this.#changes.change(change, actor);
  }

  onApplied(listener: (outcome: Outcome) => void): () => void {
    return this.#changes.onApplied(listener);
  }

  counters(): ControlLogCounters {
    return { applied: this.#changes.applied, lost: 0, snapshots: 0, failedSnapshots: 0 };
  }

  async close(): Promise<void> {
    await this.#appender.close();
    await this.#broadcast.close();
  }
}
