/** The front: the only service that the outside calls, and so the root of every trace. */
import { chance, pick, work } from './chance.js';
import { type Answer, type Call, call } from './server.js';
import type { ServiceIdentity } from './tracing.js';

export const gateway: ServiceIdentity = { name: 'shop-gateway', origin: 'AWS::EC2::Instance', version: '4.2.0' };

export async function handleGateway({ method, path, segment }: Call): Promise<Answer> {
  segment.setUser(`customer-${1 + Math.floor(Math.random() * 500)}`);
  segment.addAnnotation('customer_tier', pick(['free', 'free', 'free', 'plus', 'business']));
  segment.addAnnotation('mobile', chance(0.6));
  await work(2);
  if (method === 'GET' && path.startsWith('/products')) return passOn(await call('catalog', path));
  if (method === 'POST' && path === '/cart') return passOn(await call('cart', '/items', { method: 'POST' }));
  if (method === 'POST' && path === '/checkout') return checkOut();
  return { status: 404, body: { message: 'no such page' } };
}

/** Two calls, one after the other: what is in the cart, then the order. */
async function checkOut(): Promise<Answer> {
  const cartStatus = await call('cart', '/items');
  if (cartStatus !== 200) return passOn(cartStatus);
  return passOn(await call('orders', '/orders', { method: 'POST' }));
}

function passOn(status: number): Answer {
  return { status: status === 500 ? 502 : status, body: { status } };
}
