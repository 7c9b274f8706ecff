/** infra/clickhouse against docker-compose.yml: what a server or a keeper is told there is what the others and our processes say of it. */
import { readConfig } from '@fluoroscope/runtime/config';
import { describe, expect, it } from 'vitest';
import { readCompose, readVariables, type Service } from './compose.js';
import { read, trackedPaths } from './files.js';
import { elementsAt, readXml, textAt } from './xml.js';

const folder = 'infra/clickhouse/';
const { services, configs } = readCompose(readVariables('infra/cluster.env'));
const xmlOf = (name: string) => readXml(read(`${folder}${name}.xml`));
const cluster = xmlOf('cluster');
const keeper = xmlOf('keeper');
const using = (file: string) => Object.entries(services).filter(([, service]) => filesOf(service).includes(`${folder}${file}.xml`));
const nodes = using('cluster');
const keepers = using('keeper');
const config = readConfig(services.writer?.environment ?? {}).config;

describe('infra/clickhouse', () => {
  it('is XML that the servers take, all of it used', () => {
    const paths = trackedPaths().filter((path) => path.startsWith(folder));
    for (const path of paths) expect(readXml(read(path)).name, path).toBe('clickhouse');
    expect(
      Object.values(configs)
        .map(({ file }) => file.replace('./', ''))
        .sort(),
    ).toEqual(paths.sort());
  });

  it('reads from the environment only what each server is given', () => {
    for (const [name, service] of Object.entries(services)) {
      const wanted = filesOf(service).flatMap((path) => [...read(path).matchAll(/from_env="(\w+)"/g)].map(([, variable = '']) => variable));
      for (const variable of wanted) expect(service.environment?.[variable], `${name}: ${variable}`).toBeTruthy();
    }
  });

  it('leaves nobody in without a password', () => {
    const users = elementsAt(xmlOf('users'), 'users').flatMap(({ children }) => children);
    expect(users.map(({ name }) => name)).toEqual(expect.arrayContaining(usersOf('writer', 'api')));
    for (const user of users.filter(({ attributes }) => attributes.remove === undefined)) {
      expect(elementsAt(user, 'password_sha256_hex')[0]?.attributes.from_env, user.name).toMatch(/_SHA256$/);
    }
    const known = elementsAt(xmlOf('users'), 'profiles').flatMap(({ children }) => children.map(({ name }) => name));
    for (const user of users.filter(({ children }) => children.length > 0)) expect(known).toContain(textAt(user, 'profile'));
  });
});

describe('the cluster of docker-compose.yml', () => {
  it('has 2 shards of 2 replicas, the same for the servers and for our processes', () => {
    const shards = elementsAt(cluster, `remote_servers.${config?.clickhouseCluster}.shard`);
    const hosts = shards.map((shard) => elementsAt(shard, 'replica').map((replica) => textAt(replica, 'host')));
    expect(hosts).toEqual(config?.clickhouseShards?.map((replicas) => replicas.map((url) => new URL(url).hostname)));
    expect(hosts.map(({ length }) => length)).toEqual([2, 2]);
    expect(nodes.map(([name]) => name)).toEqual(hosts.flat());
    for (const shard of shards) expect(textAt(shard, 'internal_replication')).toBe('true');
  });

  it('tells each server its shard and its own name', () => {
    const shardOf = (name: string) => config?.clickhouseShards?.findIndex((urls) => urls.some((url) => new URL(url).hostname === name));
    for (const [name, { environment }] of nodes) {
      expect([environment?.CLICKHOUSE_SHARD, environment?.CLICKHOUSE_REPLICA]).toEqual([String((shardOf(name) ?? -1) + 1), name]);
    }
  });

  it('has 3 keepers that know each other, and are asked by the servers where they listen', () => {
    const quorum = elementsAt(keeper, 'keeper_server.raft_configuration.server');
    expect(quorum.map((server) => [textAt(server, 'id'), textAt(server, 'hostname')])).toEqual(
      keepers.map(([name, { environment }]) => [environment?.KEEPER_ID, name]),
    );
    expect(quorum).toHaveLength(3);
    const asked = elementsAt(cluster, 'zookeeper.node').map((node) => [textAt(node, 'host'), textAt(node, 'port')]);
    expect(asked).toEqual(keepers.map(([name]) => [name, textAt(keeper, 'keeper_server.tcp_port')]));
    const control = elementsAt(keeper, 'keeper_server.http_control')[0];
    const health = `http://127.0.0.1:${textAt(control ?? keeper, 'port')}${textAt(control ?? keeper, 'readiness.endpoint')}`;
    for (const [name, { healthcheck }] of keepers) expect(healthcheck?.test, name).toContain(health);
  });
});

describe('the reader of XML', () => {
  it('reads elements, attributes, text and comments', () => {
    const root = readXml('<?xml version="1.0"?>\n<a><!-- <x> --><b from_env="C"/><b>1 &lt; 2</b></a>\n');
    expect(elementsAt(root, 'b').map(({ attributes, text }) => [attributes, text])).toEqual([
      [{ from_env: 'C' }, ''],
      [{}, '1 < 2'],
    ]);
  });

  it.each(['<a>', '<a></b>', '<a/></a>', '<a/><b/>', '<a', '<a>x</a>y', '', '<a b=c/>', '<a><!-- x -- y --></a>'])('refuses %s', (text) => {
    expect(() => readXml(text)).toThrow(/^line 1: /);
  });
});

function filesOf({ configs: used = [] }: Service): string[] {
  return used.map(({ source }) => configs[source]?.file.replace('./', '') ?? '');
}

function usersOf(...names: string[]): (string | undefined)[] {
  return names.map((name) => services[name]?.environment?.FLUOROSCOPE_CLICKHOUSE_USER);
}
