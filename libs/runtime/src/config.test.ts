import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBytes } from './bytes.js';
import { isLoopback, readConfig, settings, settingsTable } from './config.js';

const problem = (env: Record<string, string>) => readConfig(env).problem;

describe('readConfig', () => {
  it('gives every default when nothing is set, and freezes the result', () => {
    const { config } = readConfig({});
    expect(config).toMatchObject({
      xrayPort: 2000,
      httpPort: 2020,
      auth: 'none',
      region: 'us-east-1',
      accountId: '000000000000',
      retentionDays: 30,
      diskMaxBytes: 20e9,
      allowedHosts: [],
      logLevel: 'info',
    });
    expect(config?.clickhouseShards).toBeUndefined();
    expect(config?.uploadUrl).toBeUndefined();
    expect(config?.dataDir).toMatch(/\/data$/);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('binds to the loopback addresses that the machine has, on both ports', () => {
    const { config } = readConfig({ FLUOROSCOPE_HOST: 'localhost' });
    const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
    expect(config?.hosts).toEqual(hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']);
    expect(config?.xrayHosts).toEqual(config?.hosts);
  });

  it('takes a host for the X-Ray port alone', () => {
    const { config } = readConfig({ FLUOROSCOPE_HOST: '::1', FLUOROSCOPE_XRAY_HOST: '127.0.0.2' });
    expect([config?.hosts, config?.xrayHosts]).toEqual([['::1'], ['127.0.0.2']]);
  });

  it('refuses to be open to others, on either port, and names the setting', () => {
    expect(problem({ FLUOROSCOPE_HOST: '0.0.0.0' })).toMatch(/^FLUOROSCOPE_HOST=0\.0\.0\.0 .*FLUOROSCOPE_AUTH=sigv4/);
    expect(problem({ FLUOROSCOPE_XRAY_HOST: '::' })).toMatch(/^FLUOROSCOPE_XRAY_HOST=:: .*FLUOROSCOPE_AUTH=sigv4/);
    expect(problem({ FLUOROSCOPE_AUTH: 'sigv4' })).toMatch(/^FLUOROSCOPE_AUTH=sigv4 .*FLUOROSCOPE_KEYS_FILE/);
    expect(problem({ FLUOROSCOPE_KEYS_FILE: '/keys.json' })).toMatch(/^FLUOROSCOPE_KEYS_FILE=.*FLUOROSCOPE_AUTH=sigv4/);
    expect(problem({ FLUOROSCOPE_TLS_CERT: '/cert.pem' })).toMatch(/FLUOROSCOPE_TLS_KEY/);
    const open = { FLUOROSCOPE_HOST: '0.0.0.0', FLUOROSCOPE_AUTH: 'sigv4', FLUOROSCOPE_KEYS_FILE: '/keys.json' };
    expect(problem(open)).toBeUndefined();
  });

  it('counts an empty variable as unset, and falls back to AWS_REGION', () => {
    const { config } = readConfig({ FLUOROSCOPE_XRAY_PORT: '', FLUOROSCOPE_REGION: ' ', AWS_REGION: 'eu-west-3' });
    expect([config?.xrayPort, config?.region]).toEqual([2000, 'eu-west-3']);
  });

  it('takes a list of brokers, and refuses what is none, or half of a user', () => {
    const { config } = readConfig({ FLUOROSCOPE_KAFKA_BROKERS: 'a:9092, [::1]:9093', FLUOROSCOPE_KAFKA_TLS: 'true' });
    expect(config).toMatchObject({
      kafkaBrokers: ['a:9092', '[::1]:9093'],
      kafkaTls: true,
      kafkaPartitions: 8,
      kafkaTopicPrefix: 'fluoroscope.',
    });
    expect(readConfig({}).config?.kafkaBrokers).toBeUndefined();
    for (const bad of ['a', 'a:99999', 'http://a:9092', ',']) expect(problem({ FLUOROSCOPE_KAFKA_BROKERS: bad })).toContain('host:9092');
    expect(problem({ FLUOROSCOPE_KAFKA_USER: 'somebody' })).toContain('FLUOROSCOPE_KAFKA_PASSWORD');
    expect(problem({ FLUOROSCOPE_KAFKA_CA: '/ca.pem' })).toContain('FLUOROSCOPE_KAFKA_TLS=true');
  });

  it('refuses one port for two servers, unless it is 0', () => {
    expect(problem({ FLUOROSCOPE_HTTP_PORT: '2000' })).toContain('both 2000');
    expect(problem({ FLUOROSCOPE_HTTP_PORT: '0', FLUOROSCOPE_XRAY_PORT: '0' })).toBeUndefined();
  });

  it.each([
    ['FLUOROSCOPE_HOST', 'example.com'],
    ['FLUOROSCOPE_XRAY_PORT', '65536'],
    ['FLUOROSCOPE_HTTP_PORT', '2e3'],
    ['FLUOROSCOPE_CLICKHOUSE_URL', 'localhost:8123'],
    ['FLUOROSCOPE_CLICKHOUSE_URL', 'http://ch-01:8123,,http://ch-02:8123'],
    ['FLUOROSCOPE_CLICKHOUSE_URL', 'http://ch-01:8123/database'],
    ['FLUOROSCOPE_CLICKHOUSE_CLUSTER', 'a cluster'],
    ['FLUOROSCOPE_ACCOUNT_ID', '12'],
    ['FLUOROSCOPE_RETENTION_DAYS', '0'],
    ['FLUOROSCOPE_DISK_MAX', '-1GB'],
    ['FLUOROSCOPE_DISK_MAX', '20'],
    ['FLUOROSCOPE_LOG_LEVEL', 'loud'],
    ['FLUOROSCOPE_UPLOAD_URL', 'ftp://x'],
  ])('answers a bad %s with one line that names it', (variable, value) => {
    const line = problem({ [variable]: value });
    expect(line?.startsWith(`${variable}=${value} `)).toBe(true);
    expect(line).not.toContain('\n');
  });

  it('reads names, sizes and addresses', () => {
    const { config } = readConfig({
      FLUOROSCOPE_ALLOWED_HOSTS: 'Dev.box, other:2020,',
      FLUOROSCOPE_DISK_MAX: '1.5GiB',
      FLUOROSCOPE_CLICKHOUSE_URL: 'http://ch:8123/',
    });
    expect(config).toMatchObject({
      allowedHosts: ['dev.box', 'other:2020'],
      diskMaxBytes: 1.5 * 2 ** 30,
      clickhouseShards: [['http://ch:8123']],
    });
  });
});

describe('the settings of ClickHouse', () => {
  const cluster = { FLUOROSCOPE_CLICKHOUSE_CLUSTER: 'fluoroscope' };
  const url = (text: string) => ({ FLUOROSCOPE_CLICKHOUSE_URL: text });

  it('are shards with commas between them, and replicas with bars', () => {
    const { config } = readConfig({ ...url('http://a:1|http://b:2/, https://c:3'), ...cluster });
    expect(config?.clickhouseShards).toEqual([['http://a:1', 'http://b:2'], ['https://c:3']]);
  });

  it('need the name of the cluster with several servers, each named once', () => {
    expect(problem(url('http://a:1|http://b:2'))).toMatch(/2 servers, which needs FLUOROSCOPE_CLICKHOUSE_CLUSTER/);
    expect(problem({ ...url('http://a:1,http://a:1/'), ...cluster })).toMatch(/^FLUOROSCOPE_CLICKHOUSE_URL names an address twice/);
  });

  it('belong together', () => {
    expect(problem({ FLUOROSCOPE_CLICKHOUSE_PASSWORD: 'hush' })).toMatch(/without FLUOROSCOPE_CLICKHOUSE_URL/);
    expect(problem({ ...url('http://a:1'), FLUOROSCOPE_CLICKHOUSE_CA: '/ca.pem' })).toMatch(/^FLUOROSCOPE_CLICKHOUSE_CA=.*https/);
  });

  it('never show a password', () => {
    for (const text of ['http://me:hush@a:1', 'http://me:hush@a:1,nonsense', 'http://a:1|http://me:hu@sh@b:1']) {
      const line = problem(url(text));
      expect(line).toMatch(/^FLUOROSCOPE_CLICKHOUSE_URL=.*\*\*\*@/);
      expect(line).not.toMatch(/hu@?sh/);
    }
    expect(problem({ FLUOROSCOPE_CLICKHOUSE_PASSWORD: 'hush' })).not.toContain('hush');
  });
});

describe('settingsTable', () => {
  it('has one row for every setting, with its default', () => {
    const table = settingsTable();
    for (const { variable, shown } of Object.values(settings)) expect(table).toContain(`| \`${variable}\` | ${shown} |`);
  });
});

describe('parseBytes', () => {
  it('never gives anything but a whole number above 0', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = parseBytes(text);
        return bytes === null || (Number.isSafeInteger(bytes) && bytes > 0);
      }),
    );
    expect([parseBytes('10'), parseBytes('2kb'), parseBytes('3 MiB'), parseBytes('GB'), parseBytes('9999999TB')]).toEqual([
      10,
      2000,
      3 * 2 ** 20,
      null,
      null,
    ]);
  });
});

describe('isLoopback', () => {
  it('knows the loopback addresses of both families only', () => {
    expect(['127.0.0.1', '127.8.0.1', '::1', '0.0.0.0', '10.0.0.1', '::'].map(isLoopback)).toEqual([true, true, true, false, false, false]);
  });
});
