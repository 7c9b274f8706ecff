import { describe, expect, test } from 'vitest';
import { LiveFold } from './live-fold.js';
import { NodeTable } from './nodes.js';

const slice = 179_526_500;
const nowMs = slice * 10_000 + 5_000;
const ok = { outcome: 0, inProgress: false, bucket: 12, micros: 12_000 };
const running = { outcome: 0, inProgress: true, bucket: 0, micros: 0 };

function newFold() {
  const nodes = new NodeTable();
  const intern = (name: string, type = '') => nodes.intern({ name, type, accountId: '' }).index;
  return { fold: new LiveFold(0, nodes, slice), api: intern('api'), db: intern('db', 'remote'), next: intern('next') };
}

describe('the live fold', () => {
  test('gives out only what changed, with absolute values', () => {
    const { fold, api } = newFold();
    fold.segment(slice, api, { isRoot: true, inferred: false }, ok);
    fold.drain(nowMs);
    fold.segment(slice, api, { isRoot: true, inferred: false }, ok);
    expect(fold.drain(nowMs)).toEqual([
      {
        slice,
        shard: 0,
        stored: false,
        nodes: [['api', '', '', true, false, [2, 0, 0, 0, 0, 24_000, [12, 2]]]],
        edges: [
          [
            ['api', 'client', ''],
            ['api', '', ''],
            [2, 0, 0, 0, 0, 24_000, [12, 2]],
          ],
        ],
      },
    ]);
    expect(fold.drain(nowMs)).toEqual([]);
  });

  test('an inferred call that is withdrawn leaves rows without counts, and no rest of time', () => {
    const { fold, api, db, next } = newFold();
    fold.inferredCall(slice, api, db, ok);
    fold.withdrawInferred(slice, api, db, { ...ok, micros: 11_800 });
    fold.edge(slice, api, next, ok);
    const [rows] = fold.drain(nowMs);
    expect(rows?.nodes).toEqual([['db', 'remote', '', false, true, [0, 0, 0, 0, 0, 0, []]]]);
    expect(rows?.edges.map(([, callee, statistics]) => [callee[0], statistics[0]])).toEqual([
      ['db', 0],
      ['next', 1],
    ]);
  });

  test('what is in progress is apart from every other count, until it is complete', () => {
    const { fold, api } = newFold();
    fold.segment(slice, api, { isRoot: false, inferred: false }, running);
    expect(fold.drain(nowMs)[0]?.nodes[0]?.[5]).toEqual([0, 0, 0, 0, 1, 0, []]);
    fold.completed(slice, api);
    fold.segment(slice, api, { isRoot: false, inferred: false }, ok);
    expect(fold.drain(nowMs)[0]?.nodes[0]?.[5]).toEqual([1, 0, 0, 0, 0, 12_000, [12, 1]]);
  });

  test('a slice is open until half a minute after its end, and not when the process began later', () => {
    const { fold } = newFold();
    expect(fold.isOpen(slice, (slice + 1) * 10_000 + 29_000)).toBe(true);
    expect(fold.isOpen(slice, (slice + 1) * 10_000 + 31_000)).toBe(false);
    expect(fold.isOpen(slice - 1, nowMs)).toBe(false);
  });
});

test('node names beyond the bound are `other` of their type', () => {
  const nodes = new NodeTable();
  for (let n = 0; n < 200_100; n++) nodes.intern({ name: `n${n}`, type: 'remote', accountId: '' });
  const late = nodes.intern({ name: 'late', type: 'remote', accountId: '' });
  expect(late.key).toEqual({ name: 'other', type: 'remote', accountId: '' });
  expect(nodes.folded).toBeGreaterThan(100);
});
