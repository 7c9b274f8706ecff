/** Who sent a request, once it was let in; nobody is known while everybody is let in. */
import type { IncomingMessage } from 'node:http';

export interface Caller {
  keyId: string;
  /** Of the key, as its owner calls it. */
  name: string | null;
}

const callers = new WeakMap<IncomingMessage, Caller>();

export function noteCaller(request: IncomingMessage, caller: Caller): void {
  callers.set(request, caller);
}

export function callerOf(request: IncomingMessage): Caller | null {
  return callers.get(request) ?? null;
}
