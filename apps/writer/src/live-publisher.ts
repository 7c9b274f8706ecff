/**
 * Carries what the writers of one process tell to the topic `live`. Sends at most `recordsHz` times a second, whatever the number of
 * partitions, and one send at a time, so that what happens between two sends travels together.
 *
 * Best effort: values are absolute, and when the slice is stored it is told whole. While Kafka does not take it, the oldest messages
 * of a partition make room, and are counted.
 */
import type { LiveMessage, LiveRecord } from '@fluoroscope/contract/process-messages';
import type { LogAppender } from '@fluoroscope/log/log';

const recordsHz = 20;
/** Of a partition; ten seconds of them. */
const maxMessages = 200;

export class LivePublisher {
  /** Since the start. */
  dropped = 0;
  readonly #records = new Map<number, LiveRecord>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | null = null;

  constructor(private readonly appender: LogAppender) {}

  /** For the writer that has the partition since that position. */
  of(partition: number, since: number): (message: LiveMessage) => void {
    return (message) => {
      const record = this.#records.get(partition);
      const messages = record?.since === since ? record.messages : [];
      if (messages.length === 0) this.#records.set(partition, { partition, since, messages });
      messages.push(message);
      if (messages.length > maxMessages) {
        messages.shift();
        this.dropped++;
      }
      this.#timer ??= setTimeout(() => this.#send(), 1_000 / recordsHz);
    };
  }

  /** What was told so far is on its way; the appender is closed by whoever opened it. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#sending;
    this.#send();
    await this.#sending;
  }

  #send(): void {
    this.#timer = undefined;
    if (this.#sending !== null) return;
    const records = [...this.#records.values()];
    this.#records.clear();
    if (records.length === 0) return;
    const documents = records.map((record) => Buffer.from(JSON.stringify(record)));
    this.#sending = this.appender
      .append(documents, Date.now())
      .catch(() => {
        this.dropped += records.reduce((sum, { messages }) => sum + messages.length, 0);
      })
      .finally(() => {
        this.#sending = null;
        if (this.#records.size > 0) this.#timer ??= setTimeout(() => this.#send(), 1_000 / recordsHz);
      });
  }
}
