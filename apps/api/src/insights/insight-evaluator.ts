/**
 * Looks for incidents on a clock: every ten seconds, when a slice has been stored since the last look or an insight is open.
 * What it finds becomes a record of the control log. It keeps nothing that is not in the stored slices or in that log, so it
 * may stop at any moment; where several look, the order of the log keeps the first of what they say.
 *
 * Each group whose insights are turned on is looked at by itself, the group Default with every trace.
 */
import { randomUUID } from 'node:crypto';
import type { FaultReader } from '@fluoroscope/clickhouse/fault-reader';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { expectationSeconds, type Insight, type InsightFigures } from '@fluoroscope/contract/insights';
import { countOf, judgedSlices } from '@fluoroscope/xray/insights/anomalies';
import { impactOf } from '@fluoroscope/xray/insights/impact';
import { type InsightDraft, judge, lastEventOf, type Situation } from '@fluoroscope/xray/insights/incidents';
import { isOpen } from '@fluoroscope/xray/insights/insight-book';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { ControlSource } from '../dashboard/control-source.js';
import type { LiveSource } from '../live/live-source.js';
import type { ApiLogger } from '../tokens.js';
import { Expectations } from './expectations.js';
import type { InsightViews } from './insight-views.js';

const lookMs = 10_000;
/** A slice is stored as a whole so long after its end; what comes later is seen by the next look. */
const settleSeconds = 4;
/** Looked at again when nobody has looked for long, to find when an incident has ended. */
const maxMissedSlices = 720;
/** Fewer are no anomaly, whatever is expected. */
const leastFaults = 3;
const actor = { actor: 'insights' };

export interface InsightEvaluatorOptions {
  faults: FaultReader;
  control: ControlSource;
  live: Pick<LiveSource, 'onSlices'>;
  views: InsightViews;
  logger: ApiLogger;
}

interface Watched {
  name: string;
  /** Null: its insights are off, or it is gone. */
  id: string | null;
}

export class InsightEvaluator implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #expectations = new Map<string, Expectations>();
  readonly #listeners = new Set<() => void>();
  readonly #stops: (() => void)[] = [];
  #hasNews = true;
  #isAway = false;
  #isLooking = false;
  #closed = false;

  constructor(private readonly options: InsightEvaluatorOptions) {}

  onApplicationBootstrap(): void {
    const noteStored = (rows: readonly { stored: boolean }[]) => {
      this.#hasNews ||= rows.some(({ stored }) => stored);
    };
    this.#stops.push(this.options.live.onSlices(noteStored));
    const timer = setInterval(() => this.#tick(), lookMs);
    this.#stops.push(() => clearInterval(timer));
  }

  /** Waits for nothing: a look that storage holds up must not hold up the end, and what it would have said is found again. */
  onApplicationShutdown(): void {
    this.#closed = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Calls back after every look. Returns how to stop that. */
  onLook(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Rejects when what is stored cannot be read, or what was found cannot be written. */
  async look(nowMs: number): Promise<void> {
    const { views } = this.options;
    const last = Math.floor((nowMs / 1_000 - settleSeconds) / sliceSeconds) - 1;
    for (const group of this.#groups()) await this.#lookAt(group, last);
    const atSeconds = (last + 1) * sliceSeconds;
    const figures = new Map<string, InsightFigures>();
    for (const insight of this.#open()) figures.set(insight.id, await this.#figures(lastEventOf(insight), atSeconds));
    views.looked({ lookedAtSeconds: atSeconds, historyFromSeconds: await this.#historyFrom(atSeconds) }, figures);
    for (const listener of this.#listeners) listener();
  }

  #tick(): void {
    if (this.#isLooking || !(this.#hasNews || this.#open().length > 0)) return;
    this.#hasNews = false;
    this.#isLooking = true;
    this.look(Date.now())
      .then(() => {
        this.#isAway = false;
      })
      .catch((err: unknown) => this.#missed(err))
      .finally(() => {
        this.#isLooking = false;
      });
  }

  #missed(err: unknown): void {
    this.#hasNews = true;
    if (!this.#isAway && !this.#closed) this.options.logger.warn({ err }, 'incidents cannot be looked for; trying again');
    this.#isAway = true;
  }

  /** Who has turned insights off, or deleted a group, gets no new ones, and what is open is closed. */
  #groups(): Watched[] {
    const { groups } = this.options.control.state;
    const on = groups.records().filter(({ insights }) => insights.enabled);
    const names = new Set([...on.map(({ name }) => name), ...this.#open().map(({ group }) => group)]);
    return Array.from(names, (name) => ({ name, id: on.find((group) => group.name === name)?.id ?? null }));
  }

  async #lookAt(group: Watched, last: number): Promise<void> {
    for (const draft of judge(await this.#situation(group, last))) {
      const event = { ...draft, figures: await this.#figures(draft, draft.endSeconds ?? draft.atSeconds) };
      await this.options.control.log.change({ kind: 'insight', event }, actor);
    }
  }

  async #situation({ name: group, id: groupId }: Watched, last: number): Promise<Situation> {
    const open = this.#open().filter((insight) => insight.group === group);
    const first = this.#firstSlice(open, last);
    const situation = { group, first, last, nodes: [], edges: [], expected: new Map(), open, newId: randomUUID };
    if (groupId === null) return situation;
    const range = { from: first * sliceSeconds, to: (last + 1) * sliceSeconds, groupId };
    const { nodes, edges } = await this.options.faults.courses(range);
    const suspects = nodes.filter(({ course }) => countOf(course, last, judgedSlices).faults >= leastFaults).map(({ node }) => node);
    const all = this.options.control.state.insights.all().filter((insight) => insight.group === group);
    return { ...situation, nodes, edges, expected: await this.#expectationsOf(groupId).of(suspects, range.to, all) };
  }

  #expectationsOf(groupId: string): Expectations {
    const known = this.#expectations.get(groupId) ?? new Expectations(this.options.faults, groupId);
    this.#expectations.set(groupId, known);
    return known;
  }

  #firstSlice(open: readonly Insight[], last: number): number {
    const usual = last - judgedSlices + 1;
    const oldest = Math.min(...open.map((insight) => lastEventOf(insight).startSeconds / sliceSeconds));
    if (!Number.isFinite(oldest)) return usual;
    const lookedAt = this.options.views.watch.lookedAtSeconds;
    const missed = lookedAt === null ? oldest : lookedAt / sliceSeconds;
    return Math.min(usual, Math.max(missed, last - maxMissedSlices));
  }

  async #figures({ group, startSeconds, rootCause }: InsightDraft, toSeconds: number): Promise<InsightFigures> {
    const groupId = this.options.control.state.groups.record(group)?.id;
    // Of a group that is gone nothing can be counted.
    const graph =
      groupId === undefined ? { nodes: [], edges: [] } : await this.options.faults.counts({ from: startSeconds, to: toSeconds, groupId });
    return { atSeconds: toSeconds, ...impactOf(graph, rootCause) };
  }

  async #historyFrom(toSeconds: number): Promise<number | null> {
    const known = this.options.views.watch.historyFromSeconds;
    const from = toSeconds - expectationSeconds;
    if (known !== null && known >= from) return known;
    return this.options.faults.firstSlice({ from, to: toSeconds });
  }

  #open(): Insight[] {
    return this.options.control.state.insights.all().filter(isOpen);
  }
}
