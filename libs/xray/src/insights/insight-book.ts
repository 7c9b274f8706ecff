/**
 * All insights of an installation, after every event so far: an event is a record of the control log, and the order of the log
 * decides. Of two processes that open an insight for the same services only the first one does; the other's record, and what
 * it would add to an insight that is closed or already says so, is refused everywhere.
 *
 * Bounded: events of an insight, insights, and the time that a closed one is kept.
 */
import { type Insight, type InsightEvent, insightRetentionSeconds, maxInsightEvents, maxInsights } from '@fluoroscope/contract/insights';
import { type BookOutcome, refuse } from '../book-outcome.js';
import { nodeId } from '../node-key.js';
import { lastEventOf } from './incidents.js';
import { insightOf, listOf } from './insight-event.js';

export class InsightBook {
  readonly #insights = new Map<string, Insight>();

  /** The one that began last comes first. */
  all(): Insight[] {
    return [...this.#insights.values()].sort((left, right) => lastEventOf(right).startSeconds - lastEventOf(left).startSeconds);
  }

  open(group: string): Insight[] {
    return [...this.#insights.values()].filter((insight) => insight.group === group && isOpen(insight));
  }

  get(id: string): Insight | null {
    return this.#insights.get(id) ?? null;
  }

  /** Refused when another process has said it before. */
  apply(event: InsightEvent): BookOutcome<Insight> {
    const known = this.get(event.insightId);
    const after = event.what === 'opened' ? this.#opened(event, known) : changed(event, known);
    if (after === null) return refuse('insight_known', 'This is known of the incident already');
    this.#insights.set(after.id, after);
    return { before: known, after };
  }

  /** Plain data, from which `restore` goes on. */
  snapshot(): Insight[] {
    return [...this.#insights.values()];
  }

  /** False, and nothing changed, when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    const insights = listOf(snapshot, insightOf, maxInsights);
    if (insights === null) return false;
    this.#insights.clear();
    for (const insight of insights) this.#insights.set(insight.id, insight);
    return true;
  }

  #opened(event: InsightEvent, known: Insight | null): Insight | null {
    if (known !== null || this.open(event.group).some((insight) => isSame(lastEventOf(insight), event))) return null;
    this.#forget(event.atSeconds);
    return this.#insights.size >= maxInsights ? null : { id: event.insightId, group: event.group, events: [event] };
  }

  /** What has been over for long, and then, where there is no room, what has been over for the longest. */
  #forget(nowSeconds: number): void {
    const over = this.snapshot().filter((insight) => !isOpen(insight));
    over.sort((left, right) => endOf(left) - endOf(right));
    for (const insight of over) {
      const isOld = nowSeconds - endOf(insight) > insightRetentionSeconds;
      if (isOld || this.#insights.size >= maxInsights) this.#insights.delete(insight.id);
    }
  }
}

export function isOpen(insight: Pick<Insight, 'events'>): boolean {
  return lastEventOf(insight).endSeconds === null;
}

function endOf(insight: Insight): number {
  return lastEventOf(insight).endSeconds ?? Number.POSITIVE_INFINITY;
}

/** They are about one service at least: the same incident. */
function isSame(known: InsightEvent, event: InsightEvent): boolean {
  const ids = new Set(known.services.map(({ node }) => nodeId(node)));
  return event.services.some(({ node }) => ids.has(nodeId(node)));
}

function changed(event: InsightEvent, known: Insight | null): Insight | null {
  return known !== null && isNews(known, event) ? { ...known, events: [...known.events, event] } : null;
}

function isNews(known: Insight, event: InsightEvent): boolean {
  const last = lastEventOf(known);
  if (last.endSeconds !== null || event.atSeconds <= last.atSeconds) return false;
  if (event.endSeconds !== null) return true;
  if (known.events.length >= maxInsightEvents - 1) return false;
  if (event.what === 'began earlier') return event.startSeconds < last.startSeconds;
  if (event.what === 'worsened') return event.faultShare > Math.max(...known.events.map(({ faultShare }) => faultShare));
  const said = ({ rootCause, services }: InsightEvent) =>
    [nodeId(rootCause), ...services.map(({ node }) => nodeId(node)).sort()].join('\n');
  return said(event) !== said(last);
}
