/**
 * The order queue: a bounded list in memory in the place of SQS, with the subsegments that the SDK's capture of the AWS
 * SDK sends. A message carries the trace header of its sender, as the `AWSTraceHeader` system attribute does.
 * Messages that are left when the shop stops are lost.
 */
import { work } from './chance.js';
import { traceCall, traceHeader } from './tracing.js';

export const orderQueueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/shop-orders';
const maxMessages = 1_000;

export interface Message {
  orderId: number;
  traceHeader: string;
}

export class OrderQueue {
  readonly #messages: Message[] = [];
  #waiting: ((message: Message | null) => void) | null = null;
  #closed = false;
  #refused = 0;

  /** Messages that a full queue did not take. */
  get refused(): number {
    return this.#refused;
  }

  send(orderId: number): Promise<void> {
    return this.#call('SendMessage', () => this.#put({ orderId, traceHeader: traceHeader() }));
  }

  delete(): Promise<void> {
    return this.#call('DeleteMessage', () => {});
  }

  /** The next message; null when the queue is closed. One consumer at a time. */
  receive(): Promise<Message | null> {
    const message = this.#messages.shift();
    if (message !== undefined || this.#closed) return Promise.resolve(message ?? null);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  close(): void {
    this.#closed = true;
    this.#waiting?.(null);
  }

  #put(message: Message): void {
    if (this.#messages.length >= maxMessages) {
      this.#refused += 1;
      throw new Error(`the queue holds ${maxMessages} messages`);
    }
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#messages.push(message);
    else waiting(message);
  }

  #call(operation: string, act: () => void): Promise<void> {
    return traceCall('SQS', async (subsegment) => {
      subsegment.namespace = 'aws';
      subsegment.addAttribute('aws', { operation, region: 'us-east-1', queue_url: orderQueueUrl, retries: 1 });
      await work(5);
      act();
      subsegment.addAttribute('http', { response: { status: 200 } });
    });
  }
}
