/**
 * docker-compose.yml against what it starts. No container engine runs in the tests, so all that an engine would stumble over, or
 * that would start and not work, is looked for here: settings, ports, names, files, volumes, health checks.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { defaultHttpPort, defaultXrayPort } from '@fluoroscope/contract/addresses';
import { readConfig, settings } from '@fluoroscope/runtime/config';
import { describe, expect, it } from 'vitest';
import { interpolated, readCompose, readVariables, type Service, variableNames, variablesIn } from './compose.js';
import { imageStages } from './dockerfile.js';
import { read, root, trackedPaths } from './files.js';

const clusterFile = 'infra/cluster.env';
/** What README.md has people put into `.env` to let others in. */
const open = variablesIn(/<<'END'\n([\s\S]*?)END\n/.exec(read('README.md'))?.[1] ?? '');
const { services, volumes, configs } = readCompose();
const cluster = readCompose(readVariables(clusterFile)).services;
const names = Object.keys(services);
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);
const lasting = ours.filter(([, { restart }]) => restart !== 'no');
const others = Object.entries(services).filter(([, { build }]) => build === undefined);

const wordsOf = ({ entrypoint = [], command = [] }: Service) => [...entrypoint, ...command];
const configOf = ({ environment = {} }: Service) => readConfig(environment);
const mountsOf = ({ volumes: mounts = [] }: Service) => mounts.map((mount) => mount.split(':') as [string, string, string?]);

describe('docker-compose.yml', () => {
  it('runs the daemon, the api, the writer and what they need', () => {
    expect(lasting.map(([name]) => name)).toEqual(['daemon', 'api', 'writer']);
    expect(names).toEqual(expect.arrayContaining(['kafka', 'clickhouse', 'prepare']));
  });

  it('names a version of every image that it does not build', () => {
    for (const [name, { image = '' }] of others) expect(image, name).toMatch(/^[\w./-]+:\d+\.\d+(\.\d+)?$/);
  });

  it('runs the Kafka that the tests run, and one version of ClickHouse', () => {
    const tested = /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([\d.]+)</.exec(read('test/fixtures/kafka/pom.xml'))?.[1];
    expect(services.kafka?.image).toBe(`apache/kafka:${tested}`);
    const versions = others.flatMap(([, { image = '' }]) => (image.startsWith('clickhouse/') ? [image.split(':')[1]] : []));
    expect([...new Set(versions)]).toHaveLength(1);
  });

  it('builds a target that the Dockerfile has, and starts files that the build makes', () => {
    for (const [name, service] of ours) {
      expect(trackedPaths()).toContain(service.build?.dockerfile);
      expect(imageStages().map((stage) => stage.name)).toContain(service.build?.target);
      const [program, script = ''] = wordsOf(service);
      expect(program, name).toBe('node');
      expect(trackedPaths(), name).toContain(script.replace(/^(apps\/\w+)\/dist\/(.+)\.js$/, '$1/src/$2.ts'));
    }
  });

  it('gives every process settings that it takes, also on a cluster and open to others', () => {
    for (const variables of [{}, open, readVariables(clusterFile), { ...open, ...readVariables(clusterFile) }]) {
      for (const [name, service] of Object.entries(readCompose(variables).services)) {
        if (service.build !== undefined) expect(configOf(service).problem, name).toBeUndefined();
      }
    }
  });

  it('sets nothing that is not a setting', () => {
    const known = Object.values(settings).map(({ variable }) => variable);
    const set = ours.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect(set.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('has a default for every variable, which is a setting or a secret of the ClickHouse servers', () => {
    const known = [...Object.values(settings).map(({ variable }) => variable), ...serverVariables()];
    expect(variableNames().filter((name) => !known.includes(name.replace('_READER_PASSWORD', '_PASSWORD')))).toEqual([]);
    expect(() => interpolated(['$', '{NEVER_SET}'].join(''), {})).toThrow('NEVER_SET');
    expect(() => interpolated('costs $5', {})).toThrow('no variable');
  });

  it('gives ClickHouse the passwords that the processes have', () => {
    const hash = (text = '') => createHash('sha256').update(text).digest('hex');
    const { FLUOROSCOPE_CLICKHOUSE_PASSWORD_SHA256: writer, FLUOROSCOPE_CLICKHOUSE_READER_PASSWORD_SHA256: reader } =
      services.clickhouse?.environment ?? {};
    expect(writer).toBe(hash(services.writer?.environment?.FLUOROSCOPE_CLICKHOUSE_PASSWORD));
    expect(reader).toBe(hash(services.api?.environment?.FLUOROSCOPE_CLICKHOUSE_PASSWORD));
    expect(services.api?.environment?.FLUOROSCOPE_CLICKHOUSE_USER).not.toBe(services.writer?.environment?.FLUOROSCOPE_CLICKHOUSE_USER);
  });

  it('gives our containers no rights and a read-only root, and each its bounds', () => {
    for (const [name, service] of ours) {
      expect(service, name).toMatchObject({ init: true, read_only: true, tmpfs: ['/tmp'], cap_drop: ['ALL'] });
    }
    for (const [name, { security_opt: options, stop_grace_period: grace, deploy }] of Object.entries(services)) {
      expect([options, grace], name).toEqual([['no-new-privileges:true'], expect.stringMatching(/^\d+s$/)]);
      const limited = name === 'keys' ? {} : { cpus: expect.any(String), memory: expect.stringMatching(/^\d+[mg]$/) };
      expect(deploy?.resources.limits ?? {}, name).toMatchObject(limited);
    }
  });

  it('opens no port to other machines, unless it is told to', () => {
    for (const [name, { ports = [] }] of Object.entries(services)) {
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.\d+:(\d+):\1$/);
    }
    for (const [name, service] of ours) {
      const { config } = configOf(service);
      expect(
        [...(config?.hosts ?? []), ...(config?.xrayHosts ?? [])].every((host) => /^127\.|^::1$/.test(host)),
        name,
      ).toBe(true);
    }
  });

  it('is open to others, who must sign, with the variables that README.md names', () => {
    const { api, daemon } = readCompose(open).services;
    const { config } = configOf(api ?? {});
    expect([config?.hosts, config?.auth, config?.keysFile]).toEqual([['0.0.0.0'], 'sigv4', '/keys/keys.json']);
    expect(mountsOf(api ?? {})).toEqual([['keys', '/keys', 'ro']]);
    expect(configOf(daemon ?? {}).config).toMatchObject({ xrayHosts: ['0.0.0.0'], apiKeyId: 'daemon', apiUrl: 'http://127.0.0.1:2020' });
    expect(configOf(daemon ?? {}).config?.hosts).not.toContain('0.0.0.0');
  });

  it('has the default ports where people look for them, and no port twice on the network of the host', () => {
    const [daemon, api] = [services.daemon, services.api].map((service) => configOf(service ?? {}).config);
    expect([api?.httpPort, daemon?.xrayPort]).toEqual([defaultHttpPort, defaultXrayPort]);
    const taken = [api?.httpPort, daemon?.xrayPort, daemon?.httpPort];
    expect(new Set(taken).size).toBe(taken.length);
    const onHost = ours.filter(([, { network_mode: mode }]) => mode === 'host');
    expect(onHost.map(([name]) => name)).toEqual(['daemon', 'api']);
  });

  it('keeps what is stored in volumes, and mounts files that exist', () => {
    const used = new Set<string>();
    for (const [name, service] of Object.entries(services)) {
      for (const [source] of mountsOf(service)) used.add(source);
      for (const { source } of service.configs ?? []) expect(trackedPaths(), name).toContain(configs[source]?.file.replace('./', ''));
    }
    expect([...used].sort()).toEqual(Object.keys(volumes).sort());
    const kept = others.filter(([, service]) => !mountsOf(service).some(([source]) => source in volumes));
    expect(kept.map(([name]) => name)).toEqual([]);
  });

  it('waits for services that exist, and for what they can become', () => {
    for (const [name, { depends_on: dependencies = {} }] of Object.entries(services)) {
      for (const [on, { condition }] of Object.entries(dependencies)) {
        const { healthcheck, restart } = services[on] ?? {};
        const possible = restart === 'no' ? 'service_completed_successfully' : 'service_healthy';
        expect(condition, `${name} on ${on}`).toBe(possible);
        if (possible === 'service_healthy') expect(healthcheck?.test, on).toBeDefined();
        expect(services[on]?.profiles, on).toBeUndefined();
      }
    }
  });

  it('asks every process for its own health', () => {
    for (const [name, { healthcheck }] of lasting) {
      expect(healthcheck?.test, name).toEqual(['CMD', 'node', 'infra/healthy.mjs']);
    }
    for (const [name, { healthcheck }] of others) expect(healthcheck?.test?.[0], name).toMatch(/^CMD/);
  });
});

describe("docker-compose.yml's Kafka", () => {
  const environment = services.kafka?.environment ?? {};
  const listenersOf = (name: string) =>
    (environment[name] ?? '').split(',').map((one) => /^(\w+):\/\/([\w-]*):(\d+)$/.exec(one)?.slice(1) ?? []);

  it('listens where it says it does', () => {
    const listeners = new Map(listenersOf('KAFKA_LISTENERS').map(([name, , port]) => [name, port]));
    const protocols = (environment.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP ?? '').split(',').map((pair) => pair.split(':')[0]);
    expect([...listeners.keys()].sort()).toEqual(protocols.sort());
    for (const [name, , port] of listenersOf('KAFKA_ADVERTISED_LISTENERS')) expect(listeners.get(name), name).toBe(port);
    expect(environment.KAFKA_CONTROLLER_QUORUM_VOTERS).toBe(`${environment.KAFKA_NODE_ID}@kafka:${listeners.get('CONTROLLER')}`);
    expect(environment.KAFKA_INTER_BROKER_LISTENER_NAME).toBe('INTERNAL');
  });

  it('is found by every process at an address that it advertises there', () => {
    const [inside, outside] = ['INTERNAL', 'HOST'].map((wanted) => {
      const [, host, port] = listenersOf('KAFKA_ADVERTISED_LISTENERS').find(([name]) => name === wanted) ?? [];
      return `${host}:${port}`;
    });
    for (const [name, { environment: own = {}, network_mode: mode }] of ours) {
      if (name !== 'keys') expect(own.FLUOROSCOPE_KAFKA_BROKERS, name).toBe(mode === 'host' ? outside : inside);
    }
    expect(services.kafka?.ports).toEqual([`127.0.0.1:${outside?.split(':')[1]}:${outside?.split(':')[1]}`]);
  });

  it('keeps its log in the volume, on disk before it acknowledges, and makes no topic by itself', () => {
    expect(mountsOf(services.kafka ?? {})).toEqual([['kafka', environment.KAFKA_LOG_DIRS]]);
    expect(environment).toMatchObject({ KAFKA_LOG_FLUSH_INTERVAL_MESSAGES: '1', KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false' });
    expect(Buffer.from(environment.CLUSTER_ID ?? '', 'base64url')).toHaveLength(16);
  });
});

describe("docker-compose.yml's ClickHouse servers", () => {
  it('are found by every process at the address that its settings name', () => {
    for (const [name, service] of [...Object.entries(services), ...Object.entries(cluster)]) {
      for (const url of configOf(service).config?.clickhouseShards?.flat() ?? []) {
        const { hostname, port } = new URL(url);
        const server = services[hostname];
        expect(server, `${name}: ${url}`).toBeDefined();
        if (service.network_mode !== 'host') continue;
        const address = service.extra_hosts?.find((line) => line.startsWith(`${hostname}:`))?.slice(hostname.length + 1);
        expect(server?.ports, `${name}: ${url}`).toContain(`${address}:${port}:${port}`);
      }
    }
  });
});

describe('where docker compose is at hand', () => {
  const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
  it.skipIf(!hasCompose)('it takes the file', () => {
    for (const words of [[], ['--profile', 'cluster', '--env-file', clusterFile]]) {
      const run = spawnSync('docker', ['compose', ...words, 'config', '--quiet'], { cwd: root, encoding: 'utf8' });
      expect([run.status, run.stderr]).toEqual([0, '']);
    }
  });
});

/** What the servers' files read from their environment. */
function serverVariables(): string[] {
  const files = ['users', 'cluster'].map((name) => read(`infra/clickhouse/${name}.xml`));
  return files.flatMap((text) => [...text.matchAll(/from_env="(\w+)"/g)].map(([, name = '']) => name));
}
