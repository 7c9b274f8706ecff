import type { FastifyRequest } from 'fastify';

/** Who asks, for the control log. Nobody signs in yet: the address is all that is known. */
export function actorOf({ ip }: FastifyRequest): string {
  return `anonymous@${ip}`;
}
