/**
 * Whether a broker is there, for `/healthz`: a connection is tried every two seconds, because a process that has nothing to append
 * would not notice otherwise. It says nothing of what Kafka takes; that is counted where it is appended.
 */
import { connect } from 'node:net';

const checkMs = 2_000;
const patienceMs = 1_500;

export class KafkaWatch {
  /** `ok`, or what is wrong. */
  state = 'ok';
  readonly #brokers: readonly string[];
  readonly #timer: NodeJS.Timeout;

  constructor(brokers: readonly string[]) {
    this.#brokers = brokers;
    this.#timer = setInterval(() => void this.#check(), checkMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const answers = await Promise.all(this.#brokers.map(answersAt));
    this.state = answers.includes(true) ? 'ok' : `no broker answers at ${this.#brokers.join(', ')}`;
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
