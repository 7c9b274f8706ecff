import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { everywhere } from './clickhouse.js';
import { versionProblem } from './migrate.js';
import { serversOf, shardOf } from './servers.js';

const user = { clickhouseUser: 'app', clickhousePassword: 'secret' };
const clickhouseShards = [['http://a', 'http://b'], ['http://c']];

it('stores a partition on the shard of its number, and reads all shards by the second database', () => {
  const servers = serversOf({ ...user, clickhouseShards, clickhouseCluster: 'fluoroscope' });
  if (servers === null) throw new Error('no servers');
  expect([0, 1, 2, 63].map((partition) => shardOf(servers, partition).url)).toEqual(['http://a', 'http://c', 'http://a', 'http://c']);
  expect(everywhere(shardOf(servers, 1))).toBe('fluoroscope_all');
  const alone = serversOf({ ...user, clickhouseShards: [['http://a', 'http://b']], clickhouseCluster: 'fluoroscope' });
  expect(alone && everywhere(shardOf(alone, 0))).toBe('fluoroscope');
  expect(serversOf(user)).toBeNull();
});

it('says in one line why certificates cannot be used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluoroscope-ca-'));
  const path = join(folder, 'ca.pem');
  const read = () => serversOf({ ...user, clickhouseShards: [['https://a']], clickhouseCa: path });
  expect(read).toThrow(`FLUOROSCOPE_CLICKHOUSE_CA=${path} cannot be read (ENOENT)`);
  writeFileSync(path, 'nothing');
  expect(read).toThrow('holds no certificate in PEM');
  writeFileSync(path, '-----BEGIN CERTIFICATE-----\n');
  expect(read()?.shards[0]?.ca).toContain('BEGIN CERTIFICATE');
  rmSync(folder, { recursive: true });
});

it('names the least version to a server that is older', () => {
  expect(versionProblem('25.8.4.13')).toMatch(/has version 25\.8\.4\.13, and must have 26\.3 or a later one/);
  expect(versionProblem('26.2.9')).not.toBeNull();
  expect(['26.3.1.1', '26.7.2.1', '27.1.1.1'].map(versionProblem)).toEqual([null, null, null]);
});
