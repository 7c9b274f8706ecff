/** Insights as the room tells them: the newest, and all that are open. Followed by the frame, which marks what is open. */

import type { InsightView, InsightWatch } from '@fluoroscope/contract/insights';
import type { InsightsMessage } from '@fluoroscope/contract/live';
import type { LiveStream } from './stream.svelte.js';

/** The room's snapshot is bounded, and so is what comes after it. */
const mostKept = 300;

export class Insights {
  /** The one that began last comes first; null before the first message. */
  all = $state.raw<readonly InsightView[] | null>(null);
  watch = $state.raw<InsightWatch>({ lookedAtSeconds: null, historyFromSeconds: null });
  readonly open = $derived((this.all ?? []).filter(({ events }) => events.at(-1)?.endSeconds === null));

  /** Until the answer is called. */
  follow(stream: LiveStream): () => void {
    return stream.followInsights((message, isWhole) => this.#take(message, isWhole));
  }

  #take({ insights, watch }: InsightsMessage, isWhole: boolean): void {
    const changed = new Set(insights.map(({ id }) => id));
    const kept = isWhole ? [] : (this.all ?? []).filter(({ id }) => !changed.has(id));
    this.all = [...insights, ...kept].sort((left, right) => startOf(right) - startOf(left)).slice(0, mostKept);
    this.watch = watch;
  }
}

function startOf({ events }: InsightView): number {
  return events[0]?.startSeconds ?? 0;
}
