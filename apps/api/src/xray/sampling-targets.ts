/**
 * Divides the reservoir of a sampling rule evenly over the clients that use it: those that reported it in the last 30
 * seconds. What does not divide goes to the first clients in order of their IDs, so that an unchanged set of clients keeps
 * its quotas. Held in memory, bounded: the client that reported longest ago is forgotten first, and counted.
 */
export const activeClientMs = 30_000;
export const maxSamplingClients = 10_000;

export class Reservoir {
  /** Client ID to the time of its last report, oldest first. */
  readonly #reportedAtMs = new Map<string, number>();
  readonly #size: number;
  readonly #limit: number;
  /** Clients forgotten before their time. */
  forgotten = 0;

  constructor(size: number, limit = maxSamplingClients) {
    this.#size = size;
    this.#limit = limit;
  }

  /** Counts the client as active from now on. */
  report(clientId: string, nowMs: number): void {
    this.#reportedAtMs.delete(clientId);
    this.#reportedAtMs.set(clientId, nowMs);
    for (const [id, atMs] of this.#reportedAtMs) {
      const isOver = nowMs - atMs >= activeClientMs;
      if (!isOver && this.#reportedAtMs.size <= this.#limit) return;
      if (!isOver) this.forgotten++;
      this.#reportedAtMs.delete(id);
    }
  }

  /** Requests per second that this client may take; 0 for one that is not active. The quotas of all sum up to the size. */
  quotaOf(clientId: string): number {
    if (!this.#reportedAtMs.has(clientId)) return 0;
    const clients = this.#reportedAtMs.size;
    let rank = 0;
    for (const id of this.#reportedAtMs.keys()) if (id < clientId) rank++;
    return Math.floor(this.#size / clients) + (rank < this.#size % clients ? 1 : 0);
  }
}
