/**
 * What samplers have reported, folded from the log of statistics: which clients use which rule and how much, the sums of every
 * ten seconds, and the rates that are raised. Pure and the same in every process, so a reservoir is divided over all clients,
 * whichever process they speak to.
 *
 * Bounded: clients of a rule, rules, and windows of the last hour; who is forgotten before the time is counted.
 */
import {
  maxReservoirSize,
  maxShownClients,
  type SamplingBoost,
  type SamplingClientUse,
  type SamplingRates,
  type SamplingReport,
  type SamplingStatisticsRecord,
  type SamplingUse,
  type SamplingWindow,
  samplingCourseWindows,
  samplingWindowSeconds,
} from '@fluoroscope/contract/sampling';
import { divideReservoir } from './sampling-targets.js';

/** Samplers are asked to report this often. */
export const reportIntervalSeconds = 10;
/** A client that has missed two reports is gone. */
export const activeClientMs = 30_000;
/** SDKs report only what they have counted: one that has missed a report has nothing to sample. */
const silentClientMs = 12_000;
/** As in AWS's own example: samplers keep sampling through a restart of ours. */
export const quotaTtlSeconds = 300;
/** As AWS's boosts last. */
const boostMs = 60_000;
/** Of each rule. */
const maxClients = 10_000;
/** More than there can be at one time: those that are deleted stay until their clients are gone. */
const maxRules = 100;
const keptWindowSeconds = 3_600;
/** An hour of them, of every rule. */
const maxWindows = (maxRules * keptWindowSeconds) / samplingWindowSeconds;
/** A report that says it is older, or newer, comes from a clock that is wrong. */
const clockToleranceSeconds = 300;
/** Up to so many clients are divided at every report; of more, one division serves a second. */
const alwaysDivided = 200;
const divisionMs = 1_000;
/**
 * Requests come by chance: of quotas that sum up to the reservoir, seconds leave some unused while others go short. So more is
 * divided, while requests go short of a reservoir that is not taken; so much is the most, and by so much it grows in an interval.
 */
const maxStretch = 3;
const stretchGain = 0.5;
/** No report is taken for the requests of less. */
const leastMeasureMs = 1_000;

type Counts = Pick<SamplingReport, 'requests' | 'sampled' | 'borrowed'>;

interface Client extends Counts {
  atMs: number;
  /** Of what the counts have counted. */
  sinceMs: number;
  /** Requests per second: half of it is the last report, half what was before. */
  rate: number;
  /** Of these, what it took of the reservoir. */
  taken: number;
}

/** Of one rule. */
interface Use {
  /** By client ID, the one that reported longest ago first. */
  clients: Map<string, Client>;
  /** Sums over the clients. */
  rate: number;
  taken: number;
  /** What is divided, as a multiple of the reservoir. */
  stretch: number;
  /** Of the last report. */
  atMs: number;
}

interface Boosted {
  rate: number;
  untilMs: number;
  coolUntilMs: number;
}

interface Division {
  size: number;
  atMs: number;
  quotas: Map<string, number>;
}

export class SamplingStatistics {
  /** Records that were not understood. */
  unknown = 0;
  /** Clients forgotten before their time, because there were too many. */
  forgotten = 0;
  /** By rule. */
  readonly #uses = new Map<string, Use>();
  readonly #windows = new Map<string, SamplingWindow>();
  readonly #boosts = new Map<string, Boosted>();
  readonly #divisions = new Map<string, Division>();

  apply(text: string): SamplingStatisticsRecord | null {
    const record = readRecord(text);
    if (record === null) this.unknown++;
    else {
      for (const report of record.reports) this.#report(report, record.at);
      for (const boost of record.boosts) this.#boost(boost, record.at);
      this.#forget(record.at);
    }
    return record;
  }

  /**
   * Requests per second that the client may take of the reservoir. Null when it has none yet and goes on borrowing: it has not
   * reported, or it is one of very many and the next division is not due.
   */
  quota(of: { rule: string; size: number; clientId: string }, nowMs: number): number | null {
    const quota = this.#division(of, nowMs).quotas.get(of.clientId);
    return quota === undefined ? null : Math.min(quota, of.size);
  }

  /** The raised rate of a rule, and until when; null while it is not raised. */
  boost(rule: string, nowMs: number): { rate: number; untilMs: number } | null {
    const boosted = this.#boosts.get(rule);
    return boosted !== undefined && boosted.untilMs > nowMs ? boosted : null;
  }

  /** False while a boost would be refused. */
  mayBoost(rule: string, nowMs: number): boolean {
    return (this.#boosts.get(rule)?.coolUntilMs ?? 0) <= nowMs;
  }

  /** Of the last hour, newest first, then by rule. */
  windows(): SamplingWindow[] {
    return [...this.#windows.values()].sort(compareWindows);
  }

  /** What the rule is used for: the rates of the clients that are alive, the busiest first, and the last ten minutes. */
  use(rule: string, nowMs: number): SamplingUse {
    const active = [...(this.#uses.get(rule)?.clients ?? [])].filter(([, { atMs }]) => nowMs - atMs < activeClientMs);
    const clients = active.map(([clientId, client]) => clientUse(clientId, client, nowMs)).sort(compareClients);
    const sums = { requests: 0, sampled: 0, borrowed: 0 };
    for (const client of clients) for (const name of countNames) sums[name] += client[name];
    const boosted = this.boost(rule, nowMs);
    const boost = boosted && { rate: boosted.rate, untilMs: boosted.untilMs };
    const shown = { clientCount: clients.length, clients: clients.slice(0, maxShownClients) };
    return { rule, ...sums, ...shown, course: this.#course(rule, nowMs), boost };
  }

  snapshot(): object {
    const uses = [...this.#uses].map(([rule, use]) => [rule, { ...use, clients: [...use.clients] }]);
    return { uses, windows: [...this.#windows.values()], boosts: [...this.#boosts] };
  }

  /** It is written and read by the same code; anything else is no snapshot. */
  restore(snapshot: unknown): boolean {
    const { uses, windows, boosts } = (snapshot ?? {}) as Partial<Record<string, unknown>>;
    if (!Array.isArray(uses) || !Array.isArray(windows) || !Array.isArray(boosts)) return false;
    for (const [rule, use] of uses as [string, Use & { clients: [string, Client][] }][])
      this.#uses.set(rule, { ...use, clients: new Map(use.clients) });
    for (const window of windows as SamplingWindow[]) this.#windows.set(keyOf(window), window);
    for (const [rule, boosted] of boosts as [string, Boosted][]) this.#boosts.set(rule, boosted);
    return true;
  }

  #course(rule: string, nowMs: number): SamplingUse['course'] {
    // The window of this moment is not over.
    const endSeconds = Math.floor(nowMs / 1000 / samplingWindowSeconds) * samplingWindowSeconds;
    const windows = Array.from({ length: samplingCourseWindows }, (_, at) =>
      this.#windows.get(keyOf({ rule, startSeconds: endSeconds - (samplingCourseWindows - at) * samplingWindowSeconds })),
    );
    const perSecond = (count: number) => count / samplingWindowSeconds;
    return {
      requests: windows.map((window) => perSecond(window?.requests ?? 0)),
      kept: windows.map((window) => perSecond((window?.sampled ?? 0) + (window?.borrowed ?? 0))),
    };
  }

  #report(report: SamplingReport, atMs: number): void {
    const use = this.#uses.get(report.rule) ?? { clients: new Map(), rate: 0, taken: 0, stretch: 1, atMs };
    this.#uses.set(report.rule, use);
    const measured = measure(use.clients.get(report.clientId), report, atMs);
    forgetClient(use, report.clientId);
    // At the end, so that the first ones are the oldest.
    use.clients.set(report.clientId, measured);
    use.rate += measured.rate;
    use.taken += measured.taken;
    use.stretch = stretched(use, report.reservoirSize, atMs);
    use.atMs = atMs;
    this.#count(report, atMs);
  }

  #count({ rule, atSeconds, requests, sampled, borrowed }: SamplingReport, atMs: number): void {
    const ownSeconds = atMs / 1000;
    const seconds = Math.abs(atSeconds - ownSeconds) <= clockToleranceSeconds ? atSeconds : ownSeconds;
    const startSeconds = Math.floor(seconds / samplingWindowSeconds) * samplingWindowSeconds;
    const key = keyOf({ rule, startSeconds });
    const window = this.#windows.get(key) ?? { rule, startSeconds, requests: 0, sampled: 0, borrowed: 0 };
    window.requests += requests;
    window.sampled += sampled;
    window.borrowed += borrowed;
    this.#windows.set(key, window);
  }

  /** The order of the log decides between two that were asked for at once. */
  #boost({ rule, rate, cooldownMs }: SamplingBoost, atMs: number): void {
    if (!this.mayBoost(rule, atMs)) return;
    this.#boosts.set(rule, { rate, untilMs: atMs + boostMs, coolUntilMs: atMs + Math.max(cooldownMs, boostMs) });
  }

  #forget(nowMs: number): void {
    for (const [rule, use] of this.#uses) {
      this.#forgetClients(use, nowMs);
      if (use.clients.size > 0 && this.#uses.size <= maxRules) continue;
      this.#uses.delete(rule);
      this.#divisions.delete(rule);
    }
    this.#forgetWindows(nowMs / 1000 - keptWindowSeconds);
    for (const [rule, { coolUntilMs }] of this.#boosts) if (coolUntilMs <= nowMs) this.#boosts.delete(rule);
  }

  /** The first ones are the oldest, give or take what clocks are apart. */
  #forgetWindows(oldestSeconds: number): void {
    for (const [key, { startSeconds }] of this.#windows) {
      if (startSeconds >= oldestSeconds && this.#windows.size <= maxWindows) return;
      this.#windows.delete(key);
    }
  }

  #forgetClients(use: Use, nowMs: number): void {
    for (const [id, { atMs }] of use.clients) {
      const isGone = nowMs - atMs >= activeClientMs;
      if (!isGone && use.clients.size <= maxClients) return;
      if (!isGone) this.forgotten++;
      forgetClient(use, id);
    }
  }

  #division({ rule, size }: { rule: string; size: number }, nowMs: number): Division {
    const { clients = new Map<string, Client>(), stretch = 1 } = this.#uses.get(rule) ?? {};
    const last = this.#divisions.get(rule);
    const isRecent = last !== undefined && last.size === size && Math.abs(nowMs - last.atMs) < divisionMs;
    if (isRecent && clients.size > alwaysDivided) return last;
    const active = [...clients].filter(([, { atMs }]) => nowMs - atMs < activeClientMs);
    const demands = active.map(([clientId, { rate, atMs }]) => ({ clientId, rate: nowMs - atMs < silentClientMs ? rate : 0 }));
    const division = { size, atMs: nowMs, quotas: divideReservoir(Math.round(size * stretch), demands) };
    this.#divisions.set(rule, division);
    return division;
  }
}

function forgetClient(use: Use, clientId: string): void {
  const client = use.clients.get(clientId);
  if (client === undefined) return;
  use.clients.delete(clientId);
  use.rate -= client.rate;
  use.taken -= client.taken;
}

function stretched({ rate, taken, stretch, atMs: before }: Use, size: number, atMs: number): number {
  const intervals = Math.max(0, Math.min(1, (atMs - before) / (reportIntervalSeconds * 1000)));
  const short = (Math.min(rate, size) - taken) / Math.max(size, 1);
  return Math.max(1, Math.min(maxStretch, stretch * Math.exp(stretchGain * intervals * short)));
}

function measure(before: Client | undefined, report: SamplingReport, atMs: number): Client {
  const measured = rateOf(before, report, atMs);
  return { atMs, ...measured, taken: measured.rate * takenShare(report) };
}

/** Reports that come one upon the other (a repetition, a client that reports more often) are one measurement. */
function rateOf(before: Client | undefined, { requests, sampled, borrowed }: Counts, atMs: number): Omit<Client, 'atMs' | 'taken'> {
  const intervalMs = reportIntervalSeconds * 1000;
  if (before !== undefined && atMs - before.sinceMs < 1.5 * intervalMs) {
    const together = { requests: before.requests + requests, sampled: before.sampled + sampled, borrowed: before.borrowed + borrowed };
    const rate = (together.requests * 1000) / Math.max(atMs - before.sinceMs, intervalMs);
    return { ...together, sinceMs: before.sinceMs, rate };
  }
  // One that has nothing to say is silent: what it says then is of the last interval.
  const sinceMs = Math.max(before?.atMs ?? 0, atMs - intervalMs);
  const rate = (requests * 1000) / Math.max(atMs - sinceMs, leastMeasureMs);
  return { requests, sampled, borrowed, sinceMs, rate: before === undefined ? rate : (before.rate + rate) / 2 };
}

const countNames = ['requests', 'sampled', 'borrowed'] as const satisfies readonly (keyof SamplingRates)[];

/** One that has missed a report makes no requests. */
function clientUse(clientId: string, { atMs, rate, requests, sampled, borrowed }: Client, nowMs: number): SamplingClientUse {
  const perRequest = nowMs - atMs < silentClientMs && requests > 0 ? rate / requests : 0;
  return { clientId, atMs, requests: requests * perRequest, sampled: sampled * perRequest, borrowed: borrowed * perRequest };
}

function compareClients(one: SamplingClientUse, other: SamplingClientUse): number {
  return other.requests - one.requests || (one.clientId < other.clientId ? -1 : 1);
}

/** Of the requests: those that were sampled, but for what the fixed rate will have sampled of the others. */
function takenShare({ requests, sampled, borrowed, fixedRate }: SamplingReport): number {
  if (requests === 0 || fixedRate >= 1) return 1;
  const taken = (sampled - fixedRate * requests) / (1 - fixedRate) + borrowed;
  return Math.max(0, Math.min(1, taken / requests));
}

function keyOf({ rule, startSeconds }: Pick<SamplingWindow, 'rule' | 'startSeconds'>): string {
  return `${startSeconds} ${rule}`;
}

function compareWindows(one: SamplingWindow, other: SamplingWindow): number {
  return other.startSeconds - one.startSeconds || (one.rule < other.rule ? -1 : 1);
}

/** Null for text that is not a record of statistics. */
function readRecord(text: string): SamplingStatisticsRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { id, at, actor, reports, boosts } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (typeof id !== 'string' || !isCount(at) || typeof actor !== 'string') return null;
  if (!Array.isArray(reports) || !reports.every(isReport) || !Array.isArray(boosts) || !boosts.every(isBoost)) return null;
  return { id, at, actor, reports, boosts };
}

function isReport(value: unknown): value is SamplingReport {
  const { rule, clientId, atSeconds, ...counts } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (typeof rule !== 'string' || typeof clientId !== 'string' || typeof atSeconds !== 'number') return false;
  return (['requests', 'sampled', 'borrowed', 'reservoirSize', 'fixedRate'] as const).every((name) => isCount(counts[name]));
}

function isBoost(value: unknown): value is SamplingBoost {
  const { rule, rate, cooldownMs } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof rule === 'string' && typeof rate === 'number' && rate >= 0 && rate <= 1 && isCount(cooldownMs);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxReservoirSize * 1_000_000;
}
