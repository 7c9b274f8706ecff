/**
 * Live rows that were left out because too many came at once, until storage has made good for them. Storage knows them a
 * moment later, so a burst is read once it is over, again while some are not found, and a stream that does not end now and then.
 */

/** After the last one that was left out, storage should have them; each further attempt waits twice as long. */
const storedAfterMs = 3_000;
/** A row that was left out may be a newer version of one that is here, so not every one is found. */
const maxAttempts = 4;
/** While more are left out, storage is read this often. */
const betweenReadsMs = 10_000;
/** Traces are listed by their start, and are left out when they are heard of. */
const usualDurationMs = 10_000;

export class Missed {
  /** Rows that are not here. */
  count = 0;
  #firstMs = 0;
  #lastMs = 0;
  #readMs = 0;
  /** Since the last one was left out. */
  #attempts = 0;

  add(count: number, nowMs: number): void {
    if (count <= 0) return;
    if (this.count === 0) this.#firstMs = nowMs;
    this.count += count;
    this.#lastMs = nowMs;
    this.#attempts = 0;
  }

  /** Storage should be read now. Who asks reads. */
  isDue(nowMs: number): boolean {
    if (this.count === 0 || this.#attempts >= maxAttempts) return false;
    const isOver = nowMs - this.#lastMs >= storedAfterMs * 2 ** this.#attempts;
    if (!isOver && (this.#attempts > 0 || nowMs - Math.max(this.#readMs, this.#firstMs) < betweenReadsMs)) return false;
    this.#readMs = nowMs;
    if (isOver) this.#attempts++;
    return true;
  }

  /** Storage had so many rows that were not here; it was read back to a time, or to null when that was the first of all. */
  found(count: number, backToMs: number | null): void {
    const isWhole = backToMs === null || backToMs < this.#firstMs - usualDurationMs;
    if (isWhole && (count >= this.count || this.#attempts >= maxAttempts)) this.clear();
    else this.count = Math.max(1, this.count - count);
  }

  clear(): void {
    this.count = 0;
    this.#attempts = 0;
  }
}
