import { type Actor, maxActorLength } from '@fluoroscope/contract/control';
import type { FastifyRequest } from 'fastify';
import { callerOf } from './access/callers.js';
import { requestIdHeader } from './protocol/errors.js';

/** Who asks, and from where, for the control log. Where nobody has to sign, the address is all that is known. */
export function actorOf(request: FastifyRequest): Actor {
  const caller = callerOf(request.raw);
  const client = request.headers['user-agent']?.slice(0, maxActorLength);
  return {
    actor: caller?.name ?? caller?.keyId ?? 'anonymous',
    ...(caller && { keyId: caller.keyId }),
    address: request.ip,
    ...(client !== undefined && { client }),
    // Given by the front door, whatever came under this name.
    requestId: String(request.headers[requestIdHeader]),
  };
}
