/** The sampling rules and what they are used for: told when either has changed, a rule that was edited at once. */
import type { SamplingView } from '@fluoroscope/contract/sampling';
import type { ControlSource } from '../dashboard/control-source.js';
import { samplingView } from '../dashboard/sampling-view.js';
import type { StatisticsSource } from '../xray/statistics-source.js';
import type { RoomContents } from './room.js';

export class SamplingRoom implements RoomContents {
  readonly #control: ControlSource;
  readonly #statistics: StatisticsSource;
  #said = '';

  constructor(control: ControlSource, statistics: StatisticsSource) {
    this.#control = control;
    this.#statistics = statistics;
  }

  /** Calls when a rule has been made, changed or deleted. The answer ends it. */
  follow(edited: () => void): () => void {
    return this.#control.log.onApplied(({ before, after }) => {
      if (before.samplingRule !== undefined || after.samplingRule !== undefined) edited();
    });
  }

  snapshot(nowMs: number): SamplingView {
    return samplingView(this.#control, this.#statistics, nowMs);
  }

  /** Rates sink although nobody reports, so what is said is compared. */
  delta(nowMs: number): SamplingView | null {
    const view = this.snapshot(nowMs);
    const text = JSON.stringify(view);
    if (text === this.#said) return null;
    this.#said = text;
    return view;
  }
}
