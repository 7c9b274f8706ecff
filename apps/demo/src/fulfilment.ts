/** Takes orders off the queue one by one; each message continues the trace of the request that sent it. */
import { work } from './chance.js';
import type { OrderQueue } from './queue.js';
import { query } from './stores.js';
import { type ServiceIdentity, traceMessage } from './tracing.js';

export const fulfilment: ServiceIdentity = { name: 'fulfilment', origin: 'AWS::ECS::Fargate', version: '1.2.1' };

/** Runs until the queue is closed. */
export async function consumeOrders(queue: OrderQueue): Promise<void> {
  for (let message = await queue.receive(); message !== null; message = await queue.receive()) {
    // As long as a worker takes to ask for it.
    await work(60, 0.5);
    await traceMessage(fulfilment, message.traceHeader, async () => {
      await work(15, 0.5);
      await query('UPDATE orders SET shipped_at = now() WHERE id = ?', 5);
      await queue.delete();
    });
  }
}
