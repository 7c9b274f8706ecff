/**
 * The writers' deltas out of the topic `live`. Values are absolute, so an api that reads from a minute back knows what every other
 * one knows, and the cost is that of rows that change, whatever the rate of segments.
 *
 * A writer that was given a partition later is right: what one still tells that has lost it, and does not know yet, is left out.
 * Later is further in the partition; where an operator has set that back, once who was further has been silent.
 */
import { type LiveRecord, presenceTimeoutMs } from '@fluoroscope/contract/process-messages';
import { parse } from '@fluoroscope/log/control-changes';
import { KafkaBroadcast } from '@fluoroscope/log/kafka-broadcast';
import type { KafkaConnection } from '@fluoroscope/log/kafka-connection';
import type { DocumentBatch } from '@fluoroscope/log/log';
import { textsOf } from '@fluoroscope/log/presence';
import type { LiveFeed } from './live-feed.js';

/** Longer than a slice is open: what is older has been stored. */
const fromMs = 60_000;

/** Since the start. */
export interface LiveTopicCounters {
  records: number;
  bytes: number;
  /** Of writers that had lost their partition. */
  outdated: number;
}

export class LiveTopic {
  readonly counters: LiveTopicCounters = { records: 0, bytes: 0, outdated: 0 };
  readonly #feed: LiveFeed;
  readonly #holders = new Map<number, { since: number; heardMs: number }>();
  #broadcast: KafkaBroadcast | null = null;

  private constructor(feed: LiveFeed) {
    this.#feed = feed;
  }

  static async open(options: { connection: KafkaConnection; feed: LiveFeed; onFailure: (error: Error) => void }): Promise<LiveTopic> {
    const { connection, feed, onFailure } = options;
    const topic = new LiveTopic(feed);
    const onBatch = topic.#take.bind(topic);
    topic.#broadcast = await KafkaBroadcast.open({ connection, topic: 'live', sinceMs: Date.now() - fromMs, onBatch, onFailure });
    return topic;
  }

  async close(): Promise<void> {
    await this.#broadcast?.close();
  }

  #take(batch: DocumentBatch): void {
    this.counters.bytes += batch.bytes.length;
    for (const text of textsOf(batch)) this.#hear(parse(text) as unknown as LiveRecord);
  }

  /** Only our own writers write to that topic. */
  #hear({ partition, since, messages }: LiveRecord): void {
    this.counters.records++;
    const holder = this.#holders.get(partition);
    const heardMs = performance.now();
    if (holder !== undefined && holder.since > since && heardMs - holder.heardMs < presenceTimeoutMs) {
      this.counters.outdated++;
      return;
    }
    this.#holders.set(partition, { since, heardMs });
    for (const message of messages) this.#feed.hear(message);
  }
}
