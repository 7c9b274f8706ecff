/** Token buckets by name. Bounded: the one not used for longest is forgotten, and full when it is asked again. */

const maxBuckets = 4_000;

export interface Rate {
  perSecond: number;
  /** What a bucket holds, and may come at once. */
  burst: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();

  /** True when there was a token, which is gone then. */
  take(name: string, { perSecond, burst }: Rate, nowMs: number): boolean {
    const { tokens, atMs } = this.#buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    const now = Math.min(burst, tokens + (Math.max(nowMs - atMs, 0) / 1000) * perSecond);
    this.#buckets.delete(name);
    this.#buckets.set(name, { tokens: now >= 1 ? now - 1 : now, atMs: nowMs });
    this.#forgetOldest();
    return now >= 1;
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= maxBuckets) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
