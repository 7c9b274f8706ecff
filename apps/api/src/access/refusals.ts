/**
 * Calls that were refused, counted instead of written down: whoever is let in by nobody must not be able to fill a log. A line for each
 * key and reason, and for each address that names no key of ours; the line that was not touched for longest goes first, and addresses
 * never push out keys.
 */
import { maxRefusalsOfAddresses, maxRefusalsOfKeys, type Refusal, type Refusals } from '@fluoroscope/contract/audit';

const shownActionLength = 80;

/** Where nobody has to sign. */
export const noRefusals: Refusals = { sinceMs: null, refusals: [], forgotten: 0 };

export class RefusalTally {
  /** Calls, since the start. */
  noted = 0;
  readonly #sinceMs = Date.now();
  readonly #ofKeys = new Map<string, Refusal>();
  readonly #ofAddresses = new Map<string, Refusal>();
  #forgotten = 0;

  note({ keyId, code, address, action }: Pick<Refusal, 'keyId' | 'code' | 'address' | 'action'>, nowMs: number): void {
    this.noted++;
    const lines = keyId === null ? this.#ofAddresses : this.#ofKeys;
    const name = `${code} ${keyId ?? address}`;
    const known = lines.get(name);
    lines.delete(name);
    const counted = { count: (known?.count ?? 0) + 1, firstMs: known?.firstMs ?? nowMs, lastMs: nowMs };
    lines.set(name, { keyId, code, ...counted, address, action: action.slice(0, shownActionLength) });
    const [oldest] = lines;
    if (oldest !== undefined && lines.size > (keyId === null ? maxRefusalsOfAddresses : maxRefusalsOfKeys)) {
      lines.delete(oldest[0]);
      this.#forgotten += oldest[1].count;
    }
  }

  all(): Refusals {
    const refusals = [...this.#ofKeys.values(), ...this.#ofAddresses.values()];
    return { sinceMs: this.#sinceMs, refusals: refusals.sort((left, right) => right.lastMs - left.lastMs), forgotten: this.#forgotten };
  }
}
