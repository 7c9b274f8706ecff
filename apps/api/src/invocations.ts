/**
 * Remembers calls by their `amz-sdk-invocation-id`, so that a client's retry is the same write: it gets the first call's
 * answer, or waits for it. A call that failed is forgotten, so that its retry is a new try.
 *
 * Bounded: the oldest are forgotten first, and counted when their time was not over. It lives in memory; a retry that
 * meets a new process appends copies, which are one document each by their identity.
 */
export const invocationMemoryMs = 15 * 60_000;
export const maxInvocations = 200_000;
/** A UUID has 36; what is much longer is no invocation ID. */
const maxIdLength = 128;

interface Invocation<Answer> {
  atMs: number;
  answer: Promise<Answer>;
}

export class Invocations<Answer> {
  readonly #known = new Map<string, Invocation<Answer>>();
  readonly #limit: number;
  /** Forgotten before their time. */
  forgotten = 0;
  repeated = 0;

  constructor(limit = maxInvocations) {
    this.#limit = limit;
  }

  /** The answer of the first call with this ID within 15 minutes; without an ID every call is the first. */
  once(id: string | undefined, nowMs: number, call: () => Promise<Answer>): Promise<Answer> {
    if (id === undefined || id === '' || id.length > maxIdLength) return call();
    this.#forgetOld(nowMs);
    const known = this.#known.get(id);
    if (known !== undefined) {
      this.repeated++;
      return known.answer;
    }
    const invocation = { atMs: nowMs, answer: call() };
    this.#known.set(id, invocation);
    invocation.answer.catch(() => this.#forget(id, invocation));
    return invocation.answer;
  }

  /** In order of their time, as the map keeps them; amortised, a call forgets one or two. */
  #forgetOld(nowMs: number): void {
    for (const [id, { atMs }] of this.#known) {
      const isOver = nowMs - atMs >= invocationMemoryMs;
      if (!isOver && this.#known.size < this.#limit) return;
      if (!isOver) this.forgotten++;
      this.#known.delete(id);
    }
  }

  #forget(id: string, invocation: Invocation<Answer>): void {
    if (this.#known.get(id) === invocation) this.#known.delete(id);
  }
}
