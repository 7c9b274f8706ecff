/** Insights as they are told: what the control log says of them, with the newest figures of those that are open. */
import type { Insight, InsightFigures, InsightView, InsightWatch } from '@fluoroscope/contract/insights';
import { lastEventOf } from '@fluoroscope/xray/insights/incidents';
import type { InsightBook } from '@fluoroscope/xray/insights/insight-book';
import { eventSummaryOf, summaryOf } from './insight-words.js';

export class InsightViews {
  #watch: InsightWatch = { lookedAtSeconds: null, historyFromSeconds: null };
  /** Of open insights, by their IDs. */
  #figures = new Map<string, InsightFigures>();

  constructor(private readonly book: () => InsightBook) {}

  get watch(): InsightWatch {
    return this.#watch;
  }

  /** What a look has found; figures are those of every insight that is open. */
  looked(watch: InsightWatch, figures: Map<string, InsightFigures>): void {
    this.#watch = watch;
    this.#figures = figures;
  }

  /** The one that began last comes first. */
  all(): InsightView[] {
    return this.book()
      .all()
      .map((insight) => this.#view(insight));
  }

  get(id: string): InsightView | null {
    const insight = this.book().get(id);
    return insight && this.#view(insight);
  }

  #view(insight: Insight): InsightView {
    const last = lastEventOf(insight);
    const figures = last.endSeconds === null ? (this.#figures.get(insight.id) ?? last.figures) : last.figures;
    const events = insight.events.map((event, at) => ({ ...event, summary: eventSummaryOf(event, insight.events[at - 1] ?? null) }));
    return { ...insight, events, figures, summary: summaryOf(insight, figures) };
  }
}
