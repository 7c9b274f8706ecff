/**
 * What the processes of an installation say of themselves: each repeats it every second, and hears everybody else. Whoever is silent
 * for long is taken for gone, so nothing has to be taken back. One message at a time is on its way; while Kafka is away
 * nobody is heard.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type PresenceRecord, presenceMs, presenceTimeoutMs } from '@fluoroscope/contract/process-messages';
import { parse } from './control-changes.js';
import { KafkaAppender } from './kafka-appender.js';
import { KafkaBroadcast } from './kafka-broadcast.js';
import type { KafkaConnection } from './kafka-connection.js';
import type { DocumentBatch } from './log.js';

export interface PresenceOptions {
  connection: KafkaConnection;
  describe: () => PresenceRecord;
  /** Also of this process itself. */
  onRecord: (record: PresenceRecord) => void;
  /** It cannot go on, and the process should end. */
  onFailure: (error: Error) => void;
}

export class Presence {
  readonly #describe: () => PresenceRecord;
  readonly #appender: KafkaAppender;
  readonly #broadcast: KafkaBroadcast;
  readonly #timer: NodeJS.Timeout;
  #isSaying = false;

  private constructor(describe: () => PresenceRecord, appender: KafkaAppender, broadcast: KafkaBroadcast) {
    this.#describe = describe;
    this.#appender = appender;
    this.#broadcast = broadcast;
    this.#timer = setInterval(() => this.say(), presenceMs);
  }

  /** Resolves when who is there has been heard. */
  static async open({ connection, describe, onRecord, onFailure }: PresenceOptions): Promise<Presence> {
    const topic = 'presence';
    const appender = await KafkaAppender.open(connection, topic, onFailure);
    try {
      const onBatch = (batch: DocumentBatch) => {
        for (const text of textsOf(batch)) hear(text, onRecord);
      };
      const sinceMs = Date.now() - presenceTimeoutMs;
      const presence = new Presence(describe, appender, await KafkaBroadcast.open({ connection, topic, sinceMs, onBatch, onFailure }));
      presence.say();
      return presence;
    } catch (error) {
      await appender.close();
      throw error;
    }
  }

  /** Now, because something has changed. */
  say(): void {
    if (this.#isSaying) return;
    this.#isSaying = true;
    this.#appender
      .append([Buffer.from(JSON.stringify(this.#describe()))], Date.now())
      .catch(() => {}) // it is said again in a second
      .finally(() => {
        this.#isSaying = false;
      });
  }

  /** Says it for the last time. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.say();
    await this.#appender.close();
    await this.#broadcast.close();
  }
}

/** Of one process, among all that ever were. */
export function presenceName(kind: PresenceRecord['kind']): string {
  return `${kind} ${hostname()} ${process.pid} ${randomUUID().slice(0, 8)}`;
}

/** The documents of a batch, as text. */
export function textsOf({ bytes, ends }: DocumentBatch): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from(ends, (end, at) => buffer.toString('utf8', ends[at - 1] ?? 0, end));
}

/** Only our own processes write to that topic; a version that says something else is passed over by its kind. */
function hear(text: string, onRecord: (record: PresenceRecord) => void): void {
  const record = parse(text);
  if (record !== null && typeof record.from === 'string') onRecord(record as unknown as PresenceRecord);
}
