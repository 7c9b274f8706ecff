/** Carts, in a table. */
import { chance, work } from './chance.js';
import { type Answer, type Call, call } from './server.js';
import { table } from './stores.js';
import type { ServiceIdentity } from './tracing.js';

export const cart: ServiceIdentity = { name: 'cart', origin: 'AWS::ECS::Fargate', version: '2.0.5' };

export async function handleCart({ method }: Call): Promise<Answer> {
  await work(2);
  await table('GetItem');
  if (method === 'GET') return { status: 200, body: { items: [1] } };
  if (chance(0.02)) return { status: 400, body: { message: 'the quantity must be positive' } };
  await call('catalog', `/products/${1 + Math.floor(Math.random() * 500)}`);
  await table('PutItem');
  return { status: 201, body: { items: [1, 2] } };
}
