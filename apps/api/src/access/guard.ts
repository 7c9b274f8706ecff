/**
 * Asks the gate about every request that comes without a body; those with one are asked about when it has been read. Open to
 * everybody are the built UI, which holds nothing of what is stored, signing in, health and counters, and errors for what is not
 * served at all.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { cloudWatchCallOf } from '../protocol/cloudwatch-call.js';
import { callerOf } from './callers.js';
import type { Gate } from './gate.js';
import { isLookup, isServed } from './policies.js';

const openRoutes = new Set(['/livez', '/healthz', '/metrics', '/api/session', '/*']);
const nothing = new Uint8Array();

export function guard(instance: FastifyInstance, gate: Gate): void {
  instance.addHook('preValidation', (request, _reply, done) => {
    if (!isOpen(request) && callerOf(request.raw) === null) gate.admit(request.raw, nothing);
    done();
  });
}

/** By its route, not its address: what no other route has claimed is answered with a page or an error. */
export function isOpen({ raw, routeOptions, headers }: FastifyRequest): boolean {
  const call = cloudWatchCallOf(raw);
  if (call !== null) return !isServed(call.operation);
  const route = routeOptions.url ?? '';
  return openRoutes.has(route) || (route === '/' && !isLookup(headers['x-amz-target']));
}
