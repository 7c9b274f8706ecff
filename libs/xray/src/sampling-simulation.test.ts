/**
 * Ten minutes of samplers that do as X-Ray's SDKs do, against the quotas that they are given, without sleeping: how much of a
 * rule's requests is sampled, by how many clients, and however unevenly they are loaded.
 */
import type { SamplingReport } from '@fluoroscope/contract/sampling';
import { describe, expect, it } from 'vitest';
import { reportIntervalSeconds, SamplingStatistics } from './sampling-statistics.js';

const seconds = 600;
const startMs = 1_700_000_000_000;
const rule = { name: 'rule', size: 0, fixedRate: 0.05 };

/** mulberry32: the same numbers at every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Arrivals = (rate: number, next: () => number, second: number) => number;

/** One after the other, evenly. */
const evenly: Arrivals = (rate, _next, second) => Math.floor(rate * (second + 1)) - Math.floor(rate * second);

/** As many as there are in a second, when each comes by chance. */
const byChance: Arrivals = (rate, next) => {
  if (rate > 50) return Math.max(0, Math.round(rate + Math.sqrt(rate) * (next() + next() + next() + next() - 2) * Math.sqrt(3)));
  let count = -1;
  for (let product = 1; product > Math.exp(-rate); count++) product *= next();
  return count;
};

/** The algorithm of the SDKs: take of a quota, else borrow one a second, else by the fixed rate. */
class Sampler {
  quota: number | null = null;
  sampledAll = 0;
  #counts = { requests: 0, sampled: 0, borrowed: 0 };

  constructor(
    readonly clientId: string,
    readonly reportsAt: number,
    private readonly next: () => number,
  ) {}

  second(requests: number): void {
    const before = this.#counts.sampled + this.#counts.borrowed;
    for (let n = 0; n < requests; n++) {
      const isOfReservoir = n < (this.quota ?? Math.min(rule.size, 1));
      if (isOfReservoir && this.quota === null) this.#counts.borrowed++;
      else if (isOfReservoir || this.next() <= rule.fixedRate) this.#counts.sampled++;
    }
    this.#counts.requests += requests;
    this.sampledAll += this.#counts.sampled + this.#counts.borrowed - before;
  }

  /** Null when there is nothing to say. */
  report(atSeconds: number): SamplingReport | null {
    if (this.#counts.requests === 0) return null;
    const report = {
      rule: rule.name,
      clientId: this.clientId,
      atSeconds,
      reservoirSize: rule.size,
      fixedRate: rule.fixedRate,
      ...this.#counts,
    };
    this.#counts = { requests: 0, sampled: 0, borrowed: 0 };
    return report;
  }
}

interface Run {
  sampled: number;
  wanted: number;
  /** Of the last second. */
  quotas: (number | null)[];
  /** The most that was given out at once, since everyone has reported twice. */
  mostGiven: number;
}

type Load = (client: number, second: number) => number;
interface Plan {
  clients: number;
  load: Load;
  seed: number;
  arrivals?: Arrivals;
}

function simulate({ clients, load, seed, arrivals = byChance }: Plan): Run {
  const next = chance(seed);
  const statistics = new SamplingStatistics();
  const samplers = Array.from({ length: clients }, (_, n) => new Sampler(`client ${n}`, Math.floor(next() * reportIntervalSeconds), next));
  const run: Run = { sampled: 0, wanted: 0, quotas: [], mostGiven: 0 };
  for (let second = 0; second < seconds; second++) {
    const rates = samplers.map((_, n) => load(n, second));
    const before = samplers.reduce((sum, one) => sum + one.sampledAll, 0);
    for (const [n, sampler] of samplers.entries()) {
      sampler.second(arrivals(rates[n] ?? 0, next, second));
      if (second >= reportIntervalSeconds && second % reportIntervalSeconds === sampler.reportsAt) poll(sampler, statistics, second);
    }
    if (second < 20) continue;
    const demand = rates.reduce((sum, rate) => sum + rate, 0);
    const ofReservoir = Math.min(demand, rule.size);
    run.wanted += ofReservoir + (demand - ofReservoir) * rule.fixedRate;
    run.sampled += samplers.reduce((sum, one) => sum + one.sampledAll, 0) - before;
    const given = samplers.reduce((sum, { quota }) => sum + (quota ?? 0), 0);
    if (second > 3 * reportIntervalSeconds) run.mostGiven = Math.max(run.mostGiven, given);
  }
  return { ...run, quotas: samplers.map(({ quota }) => quota) };
}

function poll(sampler: Sampler, statistics: SamplingStatistics, second: number): void {
  const atMs = startMs + second * 1000;
  const report = sampler.report(atMs / 1000);
  if (report === null) return;
  statistics.apply(JSON.stringify({ id: 'a', at: atMs, actor: 'x', reports: [report], boosts: [] }));
  sampler.quota = statistics.quota({ rule: rule.name, size: rule.size, clientId: sampler.clientId }, atMs);
}

const loads: Record<string, Load> = {
  'the same everywhere': () => 20,
  'growing from client to client': (client) => 4 * (client + 1),
  'nearly all at one client': (client) => (client === 0 ? 200 : 2),
  'hardly any at most clients': (client) => (client % 5 === 0 ? 60 : 0.3),
  'a wave over two minutes, at each client at another time': (client, second) => 20 + 15 * Math.sin((2 * Math.PI * second) / 120 + client),
};

describe.each(Object.entries(loads))('with a load that is %s', (_, load) => {
  it.each([
    [1, 1],
    [1, 10],
    [3, 3],
    [3, 20],
    [10, 5],
    [10, 50],
    [50, 10],
    [50, 50],
    [50, 200],
  ])('%i clients sample of a reservoir of %i as much as the rule says, within 5 %%', (clients, size) => {
    rule.size = size;
    for (const arrivals of [byChance, evenly]) {
      const { sampled, wanted } = simulate({ clients, load, seed: 1, arrivals });
      expect(Math.abs(sampled / wanted - 1), `${sampled} of ${wanted}`).toBeLessThan(0.05);
    }
  });
});

/** Nobody knows of it sooner than clients report; what they held meanwhile is not taken. */
describe('with clients that fall silent for half a minute, and come back at full load', () => {
  it.each([
    [3, 20],
    [10, 50],
    [50, 10],
    [50, 200],
  ])('%i clients sample of a reservoir of %i as much as the rule says, within a fifth', (clients, size) => {
    rule.size = size;
    const { sampled, wanted } = simulate({ clients, load: (client, second) => ((second + 20 * client) % 90 < 30 ? 0 : 25), seed: 1 });
    expect(Math.abs(sampled / wanted - 1), `${sampled} of ${wanted}`).toBeLessThan(0.2);
  });
});

describe('a reservoir with enough for all', () => {
  it.each([1, 3, 10, 50])('lets %i clients sample everything', (clients) => {
    rule.size = clients * 12;
    const { sampled, wanted } = simulate({ clients, load: (client) => 2 + (client % 5), seed: 3 });
    expect(sampled / wanted).toBeGreaterThan(0.95);
  });
});

describe('a reservoir that is smaller than the number of clients', () => {
  it('leaves a quota of 0 to those that it does not reach', () => {
    rule.size = 10;
    for (const load of [() => 20, (client: number) => client + 1]) {
      const { quotas, mostGiven } = simulate({ clients: 50, load, seed: 1 });
      expect(quotas.every((quota) => quota !== null)).toBe(true);
      expect(quotas.filter((quota) => quota === 0).length).toBeGreaterThanOrEqual(35);
      expect(mostGiven).toBeLessThanOrEqual(20);
    }
  });
});
