/** The ingest doctor's counters, as they stand at every tick. */
import type { IngestCounters } from '@fluoroscope/contract/counters';
import type { ApiTally } from '../counters.js';
import type { RoomContents } from './room.js';

export type IngestSource = () => Omit<IngestCounters, 'api'>;

export class IngestRoom implements RoomContents {
  readonly #source: IngestSource;
  readonly #tally: ApiTally;

  constructor(source: IngestSource, tally: ApiTally) {
    this.#source = source;
    this.#tally = tally;
  }

  snapshot(): { counters: IngestCounters } {
    return { counters: { ...this.#source(), api: this.#tally.counters() } };
  }

  delta(): { counters: IngestCounters } {
    return this.snapshot();
  }
}
