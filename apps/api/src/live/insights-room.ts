/** Insights as they open, change and close, and the figures of open ones as they grow. */
import { type InsightView, type InsightWatch, maxInsightsTold } from '@fluoroscope/contract/insights';
import type { ControlSource } from '../dashboard/control-source.js';
import type { InsightEvaluator } from '../insights/insight-evaluator.js';
import type { InsightViews } from '../insights/insight-views.js';
import type { RoomContents } from './room.js';

interface Told {
  insights: InsightView[];
  watch: InsightWatch;
}

export class InsightsRoom implements RoomContents {
  readonly #views: InsightViews;
  readonly #changed = new Set<string>();
  #hasLooked = false;

  constructor(views: InsightViews) {
    this.#views = views;
  }

  /** The answer ends it. */
  follow(control: ControlSource, evaluator: InsightEvaluator): () => void {
    const stops = [
      control.log.onApplied(({ after }) => after.insight && this.#changed.add(after.insight.id)),
      evaluator.onLook(() => {
        this.#hasLooked = true;
        for (const { id, events } of this.#views.all()) if (events.at(-1)?.endSeconds === null) this.#changed.add(id);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** The newest, and all that are open. */
  snapshot(): Told {
    const insights = this.#views.all().filter(({ events }, at) => at < maxInsightsTold || events.at(-1)?.endSeconds === null);
    return { insights, watch: this.#views.watch };
  }

  delta(): Told | null {
    if (!this.#hasLooked && this.#changed.size === 0) return null;
    const insights = Array.from(this.#changed, (id) => this.#views.get(id)).filter((view) => view !== null);
    this.#changed.clear();
    this.#hasLooked = false;
    return { insights, watch: this.#views.watch };
  }
}
