/**
 * Signatures that were used, for as long as their date is good. A second use is refused, or counted where it may come, unless the
 * signature covers the SDK's invocation ID: then it is the same call again, which the memory of invocations makes the same write, and
 * nothing is kept here. Bounded: beyond the limit the oldest are forgotten, and counted.
 */
import type { Proven } from './authorization.js';

/** Ten minutes of what one daemon sends, many times over; about 30 MB when full. */
const maxSignatures = 200_000;

export class Replays {
  readonly #untilMs = new Map<string, number>();
  readonly #limit: number;
  forgotten = 0;

  constructor(limit = maxSignatures) {
    this.#limit = limit;
  }

  /** True when this signature was not used before. */
  isFirst({ signature, untilMs, isRetryable }: Proven, nowMs: number): boolean {
    if (isRetryable) return true;
    const usedUntilMs = this.#untilMs.get(signature);
    if (usedUntilMs !== undefined && usedUntilMs >= nowMs) return false;
    this.#forgetOld(nowMs);
    this.#untilMs.set(signature, untilMs);
    return true;
  }

  /** Clocks differ, so the order is only nearly that of time: who is behind the first is found a little later. */
  #forgetOld(nowMs: number): void {
    for (const [signature, untilMs] of this.#untilMs) {
      const isOver = untilMs < nowMs;
      if (!isOver && this.#untilMs.size < this.#limit) return;
      if (!isOver) this.forgotten++;
      this.#untilMs.delete(signature);
    }
  }
}
