/**
 * Links whose cause is a trace of another partition. Whoever writes that partition knows nothing of them, so it is asked for again and
 * again, first after two seconds and then each time after as long as it has waited, for as long as a link may reach back. When the
 * cause is there, the link says where; when what is stored of it has changed, the slice of the link is computed again.
 *
 * What comes is thus noticed no later than after twice the time that it took. Bounded: the oldest links are forgotten.
 */
import { FactBatch, isBetweenTraces, type LinkRow } from '@fluoroscope/clickhouse/facts';
import { causesOf, maxLinkSlices, openLinks } from '@fluoroscope/clickhouse/links';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { type LinkClients, placesOf } from './links.js';

const checkMs = 1_000;
const firstWaitMs = 2_000;
const longestWaitMs = maxLinkSlices * sliceSeconds * 1_000;
/** Asked for together. */
const maxLinksPerCheck = 1_000;
const maxLinks = 100_000;
/** Of these a start asks again, for what it missed. */
const recentSlices = 3_600 / sliceSeconds;

interface Watched {
  link: LinkRow;
  sinceMs: number;
  dueMs: number;
  /** Of what is stored of its cause; null before it was asked for. */
  version: string | null;
}

export interface LinkWatchOptions extends LinkClients {
  shard: number;
  logger: { warn(message: string): void };
  /** Slices that are to be computed again. */
  onChanged: (slices: ReadonlySet<number>) => void;
}

export class LinkWatch {
  /** The oldest first. */
  private readonly watched = new Map<string, Watched>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: LinkWatchOptions) {}

  async start(nowSlice: number): Promise<void> {
    const { own, shard } = this.options;
    const of = {
      shard,
      firstSlice: Math.max(0, nowSlice - recentSlices),
      firstOpen: Math.max(0, nowSlice - maxLinkSlices),
      limit: maxLinks,
    };
    this.add((await openLinks(own, of)).reverse());
    this.schedule();
  }

  add(links: readonly LinkRow[]): void {
    const nowMs = performance.now();
    for (const link of links) {
      const key = keyOf(link);
      this.watched.delete(key);
      if (link.isVoid || link.causeId === '' || !isBetweenTraces(link)) continue;
      this.watched.set(key, { link, sinceMs: nowMs, dueMs: nowMs + firstWaitMs, version: null });
    }
    for (const key of this.watched.keys()) {
      if (this.watched.size <= maxLinks) break;
      this.watched.delete(key);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.running = this.check()
        .catch((error: unknown) => this.options.logger.warn(`The causes of links could not be looked for, trying again: ${String(error)}`))
        .finally(() => {
          if (!this.closed) this.schedule();
        });
    }, checkMs);
  }

  private async check(): Promise<void> {
    const nowMs = performance.now();
    const due = [...this.watched.values()].filter(({ dueMs }) => dueMs <= nowMs).slice(0, maxLinksPerCheck);
    if (due.length === 0) return;
    await this.find(due.filter(({ link }) => link.causeSlice === 0));
    const known = due.filter(({ link }) => link.causeSlice !== 0);
    const versions =
      known.length === 0
        ? new Map<string, string>()
        : await causesOf(
            this.options.everywhere,
            known.map(({ link }) => link),
          );
    const changed = known.filter(({ link, version }) => (versions.get(link.causeTraceId + link.causeId) ?? null) !== version);
    if (changed.length > 0) this.options.onChanged(new Set(changed.map(({ link }) => link.slice)));
    for (const one of changed) one.version = versions.get(one.link.causeTraceId + one.link.causeId) ?? null;
    for (const one of due) this.putOff(one, nowMs);
  }

  /** Where causes are stored by now; the link is written anew with the version that it has. */
  private async find(open: readonly Watched[]): Promise<void> {
    if (open.length === 0) return;
    const places = await placesOf(
      this.options.everywhere,
      open.map(({ link }) => link),
    );
    const facts = new FactBatch(this.options.shard);
    for (const one of open) {
      const causeSlice = places.of(one.link);
      if (causeSlice === 0) continue;
      one.link = { ...one.link, causeSlice };
      facts.link(one.link);
    }
    if (facts.links.length > 0) await facts.insert(this.options.own);
  }

  private putOff(one: Watched, nowMs: number): void {
    const waitedMs = nowMs - one.sinceMs;
    if (waitedMs > longestWaitMs) this.watched.delete(keyOf(one.link));
    else one.dueMs = nowMs + Math.max(firstWaitMs, waitedMs);
  }
}

function keyOf({ slice, traceId, id, causeTraceId, causeId }: LinkRow): string {
  return `${slice} ${traceId} ${id} ${causeTraceId} ${causeId}`;
}
