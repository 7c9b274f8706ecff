/**
 * Which readers still hold files. A reader shows life by committing, and by touching its file while it is open; one that
 * shows none for `goneMs` and is behind is dropped, until it shows life again.
 *
 * Time is counted on the monotonic clock of the appending process: neither a machine that slept over the weekend nor a
 * product that was off makes a reader gone.
 */
interface Seen {
  seenAtMs: number;
  /** Monotonic time of the change of `seenAtMs`. */
  aliveAtMs: number;
  dropped: boolean;
}

export class ReaderWatch {
  readonly #goneMs: number;
  readonly #nowMs: () => number;
  readonly #seen = new Map<string, Seen>();

  constructor(goneMs: number, nowMs: () => number = () => performance.now()) {
    this.#goneMs = goneMs;
    this.#nowMs = nowMs;
  }

  /** Everything before `position` may go. `dropped` names the readers that are gone since the last call. */
  heldPosition(
    readers: readonly { name: string; position: number; seenAtMs: number }[],
    end: number,
  ): { position: number; dropped: string[] } {
    // Before the first reader has registered, everything is kept for it.
    let position = readers.length === 0 ? 0 : end;
    const dropped: string[] = [];
    for (const reader of readers) {
      const wasDropped = this.#seen.get(reader.name)?.dropped ?? false;
      const seen = this.#look(reader, end);
      if (!seen.dropped) position = Math.min(position, reader.position);
      else if (!wasDropped) dropped.push(reader.name);
    }
    return { position, dropped };
  }

  #look({ name, position, seenAtMs }: { name: string; position: number; seenAtMs: number }, end: number): Seen {
    const now = this.#nowMs();
    let seen = this.#seen.get(name);
    // A reader with nothing to read has nothing to commit.
    if (!seen || seen.seenAtMs !== seenAtMs || position >= end) seen = { seenAtMs, aliveAtMs: now, dropped: false };
    seen.dropped = now - seen.aliveAtMs > this.#goneMs;
    this.#seen.set(name, seen);
    return seen;
  }
}
