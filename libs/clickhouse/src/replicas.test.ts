import { expect, it } from 'vitest';
import { isReplicated, replicated, siblingsOf } from './replicas.js';

const address = (url: string, shards: string[][]) => ({ url, cluster: { name: 'fluoroscope', shards } });

it('makes the tables of replicas with their place in Keeper', () => {
  const place = "'/fluoroscope/{shard}/{database}/{table}', '{replica}'";
  expect(replicated('CREATE TABLE t (a UInt8)\nENGINE = ReplacingMergeTree(version)\nORDER BY a')).toContain(
    `ENGINE = ReplicatedReplacingMergeTree(${place}, version)\nORDER BY a`,
  );
  expect(replicated('ENGINE = AggregatingMergeTree\nORDER BY a')).toBe(`ENGINE = ReplicatedAggregatingMergeTree(${place})\nORDER BY a`);
  expect(replicated('ALTER TABLE t ADD COLUMN a UInt8')).toBe('ALTER TABLE t ADD COLUMN a UInt8');
});

it('knows the replicas of a shard', () => {
  const shards = [['http://a', 'http://b'], ['http://c']];
  expect(['http://a', 'http://b', 'http://c'].map((url) => siblingsOf(address(url, shards)))).toEqual([['http://b'], ['http://a'], []]);
  expect([isReplicated(address('http://c', shards)), isReplicated(address('http://a', [['http://a'], ['http://c']]))]).toEqual([
    true,
    false,
  ]);
  expect(isReplicated({ url: 'http://a' })).toBe(false);
});
