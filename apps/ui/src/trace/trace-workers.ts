/**
 * The worker of the trace page, kept from one trace to the next: to start one takes longer than to lay out most traces. One
 * waits at the most, with nothing in its memory.
 */
import type { Ask } from './messages.js';

let spare: Worker | null = null;
let asked = 0;

export function takeWorker(): Worker {
  const worker = spare ?? new Worker(new URL('./trace.worker.ts', import.meta.url), { type: 'module' });
  spare = null;
  return worker;
}

export function leaveWorker(worker: Worker): void {
  worker.onmessage = null;
  worker.postMessage({ kind: 'close', number: nextNumber() } satisfies Ask);
  spare?.terminate();
  spare = worker;
}

/** Of a question; never the same again, so that an answer that comes late is taken for no other one. */
export function nextNumber(): number {
  return ++asked;
}
