/**
 * The flaky one. It throttles in bursts, fails now and then with an exception, and has a slow tail, which comes from the
 * card network: an outside party that is not instrumented.
 */
import { chance, work } from './chance.js';
import { type Answer, type Call, call } from './server.js';
import type { ServiceIdentity } from './tracing.js';

export const payments: ServiceIdentity = { name: 'payments', origin: 'AWS::EC2::Instance', version: '0.9.4' };
export const cardNetworkHost = 'api.cards.example';

/** A burst of throttling begins this often, and lasts this long. */
const burstEveryMs = 45_000;
const burstMs = 8_000;
const throttledInBurst = 0.7;

export async function handlePayments({ segment }: Call): Promise<Answer> {
  if (Date.now() % burstEveryMs < burstMs && chance(throttledInBurst)) {
    return { status: 429, body: { message: 'too many charges, try again later' } };
  }
  await work(5);
  if (chance(0.03)) throw new Error('the ledger connection was reset');
  const status = await call(cardNetworkHost, '/v1/charges', { method: 'POST' });
  segment.addMetadata('card_network', { status, attempt: 1 }, 'payments');
  return status === 200 ? { status: 201, body: { charged: true } } : { status: 502, body: { charged: false } };
}

export async function handleCardNetwork(): Promise<Answer> {
  await (chance(0.05) ? work(900, 0.4) : work(35, 0.5));
  return { status: chance(0.02) ? 503 : 200, body: {} };
}
