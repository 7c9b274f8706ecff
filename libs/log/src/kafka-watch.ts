/**
 * Whether a broker is there, for `/healthz`: a connection is tried every two seconds, because a process that has nothing to append
 * would not notice otherwise. A broker that answers may take nothing all the same, which those that append know.
 */
import { connect } from 'node:net';
import type { KafkaAppender } from './kafka-appender.js';

const checkMs = 2_000;
const patienceMs = 1_500;

export class KafkaWatch {
  readonly #brokers: readonly string[];
  readonly #appenders: readonly Pick<KafkaAppender, 'trouble'>[];
  #isThere = true;
  readonly #timer: NodeJS.Timeout;

  constructor(brokers: readonly string[], appenders: readonly Pick<KafkaAppender, 'trouble'>[]) {
    this.#brokers = brokers;
    this.#appenders = appenders;
    this.#timer = setInterval(() => void this.#check(), checkMs);
  }

  /** `ok`, or what is wrong. */
  get state(): string {
    if (!this.#isThere) return `no broker answers at ${this.#brokers.join(', ')}`;
    return this.#appenders.map((appender) => appender.trouble()).find((trouble) => trouble !== null) ?? 'ok';
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const answers = await Promise.all(this.#brokers.map(answersAt));
    this.#isThere = answers.includes(true);
  }
}

function answersAt(broker: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${broker}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), timeout: patienceMs });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
