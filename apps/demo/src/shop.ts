/**
 * The shop: a gateway, four services, an outside card network, a database, a table, and a queue with a consumer, all in
 * this process, each server on a loopback port of its own.
 */
import { cart, handleCart } from './cart.js';
import { catalog, handleCatalog } from './catalog.js';
import { consumeOrders } from './fulfilment.js';
import { gateway, handleGateway } from './gateway.js';
import { orders, ordersHandler } from './orders.js';
import { cardNetworkHost, handleCardNetwork, handlePayments, payments } from './payments.js';
import { OrderQueue } from './queue.js';
import { startPlainServer, startTracedServer, stopServer } from './server.js';
import { enableTracing } from './tracing.js';

export interface Shop {
  /** Orders that the full queue did not take. */
  refusedMessages(): number;
  /** Closes the servers and waits until the consumer is done with the message in its hand. */
  close(): Promise<void>;
}

export async function openShop(): Promise<Shop> {
  enableTracing();
  const queue = new OrderQueue();
  const servers = await Promise.all([
    startPlainServer(cardNetworkHost, handleCardNetwork),
    startTracedServer(payments, handlePayments),
    startTracedServer(catalog, handleCatalog),
    startTracedServer(cart, handleCart),
    startTracedServer(orders, ordersHandler(queue)),
    startTracedServer(gateway, handleGateway),
  ]);
  const consuming = consumeOrders(queue);
  return {
    refusedMessages: () => queue.refused,
    async close() {
      await Promise.all(servers.map(stopServer));
      queue.close();
      await consuming;
    },
  };
}
