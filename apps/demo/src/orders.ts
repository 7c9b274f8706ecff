/** Orders: written down, paid, and handed to fulfilment by way of the queue. */
import { work } from './chance.js';
import type { OrderQueue } from './queue.js';
import { type Answer, type Call, call, type Handler } from './server.js';
import { query } from './stores.js';
import type { ServiceIdentity } from './tracing.js';

export const orders: ServiceIdentity = { name: 'orders', origin: 'AWS::ECS::Container', version: '3.1.0' };

export function ordersHandler(queue: OrderQueue): Handler {
  let lastOrderId = 0;
  return async ({ segment }: Call): Promise<Answer> => {
    lastOrderId += 1;
    const orderId = lastOrderId;
    segment.addAnnotation('order_id', orderId);
    await work(4);
    await query('INSERT INTO orders (customer_id, total) VALUES (?, ?) RETURNING id', 6);
    const paid = await call('payments', '/charges', { method: 'POST' });
    if (paid !== 201) return { status: paid === 429 ? 429 : 502, body: { message: 'the payment did not go through' } };
    await queue.send(orderId);
    return { status: 201, body: { orderId } };
  };
}
