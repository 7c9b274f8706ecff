import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absent, type EntityRecord, hashKey, RecentEntities, type Waiting } from './recent-entities.js';

const trace = [0x6b0190b6, 0x9c5e468c, 0x0808ba90, 0x57005b30] as const;
const record: EntityRecord = { slice: 179_526_500, node: 7, target: 3, standing: 5, outcome: 3, bucket: 800, checksum: 0xdead_beef };
const waiting: Waiting = { id: 'a'.repeat(16), slice: 1, isSegment: true, node: 1 };

describe('recent entities', () => {
  test('gives back what was added, by trace and entity', () => {
    const recent = new RecentEntities(0);
    recent.add(hashKey(trace, 1, 2), record, 0);
    expect(recent.read(recent.find(hashKey(trace, 1, 2)))).toEqual(record);
    expect(recent.find(hashKey(trace, 1, 3))).toBe(absent);
    expect(recent.find(hashKey([...trace.slice(0, 3), 1] as never, 1, 2))).toBe(absent);
  });

  test('holds any number of keys apart, whatever their bits', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)), { selector: String, maxLength: 300 }), (ids) => {
        const recent = new RecentEntities(0);
        for (const [at, [high, low]] of ids.entries()) recent.add(hashKey(trace, high, low), { ...record, slice: at }, 0);
        for (const [at, [high, low]] of ids.entries()) expect(recent.read(recent.find(hashKey(trace, high, low))).slice).toBe(at);
      }),
      { numRuns: 10 },
    );
  });

  test('says from when on nothing was dropped', () => {
    const recent = new RecentEntities(0);
    let added = 0;
    const addUntil = (bound: number) => {
      for (; added < bound; added++) recent.add(hashKey(trace, added, added * 7), record, 1_000 + added);
    };
    addUntil(1_400_000);
    expect(recent.coveredSinceMicros).toBe(0);
    addUntil(2_300_000);
    const covered = recent.coveredSinceMicros;
    expect(covered).toBeGreaterThan(1_000);
    for (let n = covered - 1_000; n < added; n += 997) expect(recent.find(hashKey(trace, n, n * 7))).not.toBe(absent);
    expect(recent.find(hashKey(trace, 0, 0))).toBe(absent);
  });

  test('holds its share by now of the whole bound, once what it had before is turned over', () => {
    let share = 1;
    const recent = new RecentEntities(0, () => share);
    const keyOf = (n: number) => hashKey(trace, n, n * 7);
    const known = (upTo: number) => Array.from({ length: upTo }, (_, n) => recent.find(keyOf(n))).filter((slot) => slot !== absent).length;
    for (let n = 0; n < 100_000; n++) recent.add(keyOf(n), record, n);
    expect(known(100_000)).toBe(100_000);
    share = 1 / 64;
    for (let n = 100_000; n < 900_000; n++) recent.add(keyOf(n), record, n);
    expect(known(900_000)).toBeLessThan(2 * 2 ** 14);
    expect(recent.find(keyOf(899_999))).not.toBe(absent);
    expect(recent.coveredSinceMicros).toBeGreaterThan(860_000);
  });

  test('whoever waits is given out once, in order of arrival', () => {
    const recent = new RecentEntities(0);
    recent.wait('p', waiting, 0);
    recent.wait('p', { ...waiting, node: 2 }, 0);
    expect(recent.take('p').map(({ node }) => node)).toEqual([1, 2]);
    expect(recent.take('p')).toEqual([]);
  });

  test('many who wait for what never comes cost coverage, not memory', () => {
    const recent = new RecentEntities(0);
    for (let n = 0; n < 500_000; n++) recent.wait(`orphan ${n}`, waiting, 1_000 + n);
    expect(recent.coveredSinceMicros).toBeGreaterThan(0);
    expect(recent.take('orphan 0')).toEqual([]);
    expect(recent.take('orphan 499999')).toHaveLength(1);
  });
});
