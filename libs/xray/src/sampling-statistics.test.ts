import type { SamplingReport } from '@fluoroscope/contract/sampling';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeClientMs, SamplingStatistics } from './sampling-statistics.js';

const start = 1_700_000_000_000;
const report = (clientId: string, requests: number, members: Partial<SamplingReport> = {}): SamplingReport => ({
  rule: 'rule',
  clientId,
  atSeconds: start / 1000,
  requests,
  sampled: 1,
  borrowed: 1,
  reservoirSize: 0,
  fixedRate: 0.05,
  ...members,
});
const text = (at: number, reports: SamplingReport[], boosts: object[] = []) => JSON.stringify({ id: 'a', at, actor: 'x', reports, boosts });

function reported(...reports: [number, SamplingReport][]): SamplingStatistics {
  const statistics = new SamplingStatistics();
  for (const [at, one] of reports) statistics.apply(text(at, [one]));
  return statistics;
}
const quotaOf = (statistics: SamplingStatistics, clientId: string, size: number, nowMs = start) =>
  statistics.quota({ rule: 'rule', size, clientId }, nowMs);

describe('quotas', () => {
  it('follow what clients have reported', () => {
    const statistics = reported([start, report('a', 1_000)], [start, report('b', 20)]);
    expect([quotaOf(statistics, 'a', 10), quotaOf(statistics, 'b', 10)]).toEqual([8, 2]);
    expect(quotaOf(statistics, 'nobody', 10)).toBeNull();
    expect(statistics.quota({ rule: 'other', size: 10, clientId: 'a' }, start)).toBeNull();
  });

  it('are taken from who has not reported for 30 seconds', () => {
    const statistics = reported([start, report('a', 100)], [start + 1_000, report('b', 100)]);
    expect(quotaOf(statistics, 'b', 1, start + 1_000)).toBe(0);
    expect(quotaOf(statistics, 'b', 1, start + activeClientMs)).toBe(1);
    expect(quotaOf(statistics, 'a', 1, start + activeClientMs)).toBeNull();
  });

  it('take reports that come one upon the other for one', () => {
    const once = reported([start, report('a', 200)], [start, report('b', 100)]);
    const often = reported([start - 2, report('a', 150)], [start, report('a', 50)], [start, report('b', 100)]);
    for (const size of [5, 20, 31]) expect(quotaOf(often, 'a', size)).toBe(quotaOf(once, 'a', size));
  });

  it('follow a client that becomes busier within two reports', () => {
    const statistics = reported(
      [start - 20_000, report('a', 10)],
      [start - 10_000, report('a', 2_000)],
      [start, report('a', 2_000)],
      [start, report('b', 2_000)],
    );
    expect([quotaOf(statistics, 'a', 100), quotaOf(statistics, 'b', 100)]).toEqual([50, 50]);
  });

  it('of very many clients are divided once a second, and a new client borrows until then', () => {
    const statistics = reported();
    statistics.apply(
      text(
        start,
        Array.from({ length: 500 }, (_, n) => report(`client ${n}`, 100)),
      ),
    );
    expect(quotaOf(statistics, 'client 0', 1_000)).toBe(2);
    statistics.apply(text(start + 10, [report('new', 100)]));
    expect(quotaOf(statistics, 'new', 1_000, start + 10)).toBeNull();
    expect(quotaOf(statistics, 'new', 1_000, start + 1_000)).toBeGreaterThan(0);
  });

  it('are for a bounded number of clients, and who is forgotten is counted', () => {
    const statistics = new SamplingStatistics();
    statistics.apply(
      text(
        start,
        Array.from({ length: 10_003 }, (_, n) => report(`client ${n}`, 1)),
      ),
    );
    expect(statistics.forgotten).toBe(3);
    expect(quotaOf(statistics, 'client 2', 20_000)).toBeNull();
    expect(quotaOf(statistics, 'client 3', 20_000)).toBeGreaterThan(0);
  });
});

describe('windows', () => {
  it('are sums over all clients of ten seconds, newest first', () => {
    const later = { atSeconds: start / 1000 + 10 };
    const statistics = reported(
      [start, report('a', 7)],
      [start, report('b', 3, { sampled: 2 })],
      [start, report('b', 4, { rule: 'other' })],
      [start + 10_000, report('a', 1, later)],
    );
    expect(statistics.windows()).toEqual([
      { rule: 'rule', startSeconds: start / 1000 + 10, requests: 1, sampled: 1, borrowed: 1 },
      { rule: 'other', startSeconds: start / 1000, requests: 4, sampled: 1, borrowed: 1 },
      { rule: 'rule', startSeconds: start / 1000, requests: 10, sampled: 3, borrowed: 2 },
    ]);
  });

  it('are of our own clock where the client has a wrong one', () => {
    const statistics = reported([start, report('a', 1, { atSeconds: 1_500_000_000 })], [start, report('b', 1, { atSeconds: 3e9 })]);
    expect(statistics.windows()).toMatchObject([{ startSeconds: start / 1000, requests: 2 }]);
  });

  it('are kept for an hour', () => {
    const statistics = reported([start, report('a', 1)], [start + 3_700_000, report('a', 1, { atSeconds: start / 1000 + 3_700 })]);
    expect(statistics.windows()).toHaveLength(1);
  });
});

describe('a raised rate', () => {
  const boost = (rate: number) => ({ rule: 'rule', rate, cooldownMs: 120_000 });

  it('lasts a minute, and there is one within a cool-down, by the order of the log', () => {
    const statistics = new SamplingStatistics();
    statistics.apply(text(start, [], [boost(0.5), boost(0.9)]));
    expect(statistics.boost('rule', start + 59_999)).toMatchObject({ rate: 0.5, untilMs: start + 60_000 });
    expect(statistics.boost('rule', start + 60_000)).toBeNull();
    statistics.apply(text(start + 119_999, [], [boost(0.9)]));
    expect(statistics.boost('rule', start + 119_999)).toBeNull();
    statistics.apply(text(start + 120_000, [], [boost(0.9)]));
    expect(statistics.boost('rule', start + 120_000)).toMatchObject({ rate: 0.9 });
  });
});

describe('the fold', () => {
  it('goes on from a snapshot as if it had read everything', () => {
    const one = fc.record({ clientId: fc.constantFrom('a', 'b', 'c'), requests: fc.nat(500), rule: fc.constantFrom('rule', '__proto__') });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 10 }), fc.array(one, { maxLength: 10 }), (before, after) => {
        const [whole, resumed] = [new SamplingStatistics(), new SamplingStatistics()];
        let at = start;
        const next = ({ clientId, requests, rule }: { clientId: string; requests: number; rule: string }) => {
          at += 4_000;
          return text(at, [report(clientId, requests, { rule })], [{ rule, rate: 0.5, cooldownMs: 10 }]);
        };
        for (const each of before) whole.apply(next(each));
        expect(resumed.restore(JSON.parse(JSON.stringify(whole.snapshot())))).toBe(true);
        for (const record of after.map(next)) for (const statistics of [whole, resumed]) statistics.apply(record);
        expect(resumed.snapshot()).toEqual(whole.snapshot());
        for (const clientId of ['a', 'b', 'c']) expect(quotaOf(resumed, clientId, 7, at)).toBe(quotaOf(whole, clientId, 7, at));
      }),
    );
  });

  it('passes over what it does not know', () => {
    const statistics = new SamplingStatistics();
    for (const record of ['', 'null', '[]', '{}', text(start, [{} as SamplingReport]), text(start, [], [{}])])
      expect(statistics.apply(record)).toBeNull();
    expect([statistics.unknown, statistics.windows()]).toEqual([6, []]);
    for (const snapshot of [null, {}, { uses: [], windows: {} }]) expect(statistics.restore(snapshot)).toBe(false);
  });
});

describe('what a rule is used for', () => {
  it('is the rates of its clients, the busiest first, and their sum', () => {
    const statistics = reported(
      [start, report('a', 100, { sampled: 10, borrowed: 0 })],
      [start, report('b', 300, { sampled: 20, borrowed: 10 })],
    );
    const use = statistics.use('rule', start + 1_000);
    expect(use).toMatchObject({ rule: 'rule', requests: 40, sampled: 3, borrowed: 1, clientCount: 2 });
    expect(use.clients.map(({ clientId, requests }) => [clientId, requests])).toEqual([
      ['b', 30],
      ['a', 10],
    ]);
  });

  it('sinks to nothing when clients are silent, and they are gone after 30 seconds', () => {
    const statistics = reported([start, report('a', 100)]);
    expect(statistics.use('rule', start + 15_000)).toMatchObject({ requests: 0, clientCount: 1 });
    expect(statistics.use('rule', start + activeClientMs)).toMatchObject({ requests: 0, clientCount: 0, clients: [] });
  });

  it('has the windows that are over as its course', () => {
    const statistics = reported([start, report('a', 100, { sampled: 10, borrowed: 5 })]);
    const { course } = statistics.use('rule', start + 10_000);
    expect([course.requests.length, course.requests.at(-1), course.kept.at(-1), course.requests.at(-2)]).toEqual([60, 10, 1.5, 0]);
    expect(statistics.use('rule', start + 9_999).course.requests.at(-1)).toBe(0);
  });

  it('names a bounded number of clients', () => {
    const statistics = reported();
    statistics.apply(
      text(
        start,
        Array.from({ length: 60 }, (_, n) => report(`client ${n}`, n)),
      ),
    );
    const { clients, clientCount, requests } = statistics.use('rule', start);
    expect([clients.length, clientCount, Math.round(requests)]).toEqual([50, 60, 177]);
  });
});
