/** One who waits for something to come, or for a time to be over. */
export class Waiting {
  #wake: (() => void) | null = null;

  /** Resolves when `end` is called, or after `waitMs`. */
  begin(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end(), waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
    });
  }

  /** Nothing where nobody waits. */
  end(): void {
    this.#wake?.();
  }
}
