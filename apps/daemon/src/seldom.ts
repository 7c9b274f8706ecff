/** A log line that trouble may ask for thousands of times a second: written at most once per interval, with the number of times. */
const intervalMs = 10_000;

export class Seldom {
  readonly #write: (times: number, details: object) => void;
  readonly #nowMs: () => number;
  #times = 0;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(write: (times: number, details: object) => void, nowMs: () => number = () => performance.now()) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  /** `details` are those of the line that is written; those in between are only counted. */
  note(details: object = {}): void {
    this.#times++;
    const now = this.#nowMs();
    if (now < this.#nextMs) return;
    this.#nextMs = now + intervalMs;
    this.#write(this.#times, details);
    this.#times = 0;
  }
}
