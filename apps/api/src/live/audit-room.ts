/** That the audit trail has grown, and which calls were refused; the events themselves are asked for, by a filter. */
import type { AuditMessage } from '@fluoroscope/contract/live';
import type { Gate } from '../access/gate.js';
import { noRefusals } from '../access/refusals.js';
import type { ControlSource } from '../dashboard/control-source.js';
import type { RoomContents } from './room.js';

type Told = Omit<AuditMessage, 'sequence' | 'now'>;

export class AuditRoom implements RoomContents {
  #told = '';

  constructor(
    private readonly control: ControlSource,
    private readonly gate: Gate | null,
  ) {}

  snapshot(): Told {
    return { newest: this.#newest(), refusals: this.gate?.refusals.all() ?? noRefusals };
  }

  delta(): Told | null {
    const state = `${this.#newest()} ${this.gate?.refusals.noted}`;
    if (state === this.#told) return null;
    this.#told = state;
    return this.snapshot();
  }

  #newest(): number | null {
    const [event] = this.control.state.audit.newest();
    return event?.position ?? null;
  }
}
