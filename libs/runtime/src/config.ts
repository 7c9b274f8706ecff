/**
 * The settings of Fluoroscope: one schema, with each setting's default and the line that the README's table shows.
 *
 * `readConfig` is called once, in a process's entry; the result is frozen and passed down. A bad value is one line that
 * names the setting and says what to do, never a stack trace. An empty variable counts as unset.
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parseBytes } from './bytes.js';
import { kafkaProblem, kafkaSettings } from './kafka-settings.js';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The same folder from `src` and from `dist`: three levels up is the repository. */
const defaultDataDir = fileURLToPath(new URL('../../../data', import.meta.url));
const loopbackAddresses = ['127.0.0.1', '::1'];
const maxPort = 65_535;
/** Less is no wish, but a unit that was left out. */
const leastDiskBytes = 100_000_000;

const host = z
  .string()
  .refine((text) => isLoopbackWord(text) || isIP(text) !== 0, 'is not an IP address: give one, or `loopback`')
  .transform((text) => (isLoopbackWord(text) ? loopbackHosts() : [text]));
const port = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= maxPort, 'is not a port: give a number from 0 (any free port) to 65535')
  .transform(Number);
const httpUrl = z.string().refine(isHttpUrl, 'is not an address: give one like http://host:8123').transform(withoutEndSlash);

/** Shards with commas between them, of each its replicas. */
const clickhouseShards = z
  .string()
  .refine((text) => nodesOf(text).flat().every(isServer), 'is not an address: give one like http://host:8123')
  .refine(
    (text) => nodesOf(text).flat().every(hasNoUser),
    'names a user: give it as FLUOROSCOPE_CLICKHOUSE_USER, and its password as FLUOROSCOPE_CLICKHOUSE_PASSWORD',
  )
  .transform((text) => nodesOf(text).map((replicas) => replicas.map(withoutEndSlash)));

/** Every setting by its name in `Config`: the variable, the default as the README shows it, and what it is for. */
export const settings = {
  hosts: setting({
    variable: 'FLUOROSCOPE_HOST',
    shown: 'loopback',
    what: 'address to bind; loopback is both 127.0.0.1 and ::1',
    schema: host.prefault('loopback'),
  }),
  xrayHosts: setting({
    variable: 'FLUOROSCOPE_XRAY_HOST',
    shown: 'as `FLUOROSCOPE_HOST`',
    what: 'address to bind for the X-Ray port alone',
    schema: host.optional(),
  }),
  xrayPort: setting({
    variable: 'FLUOROSCOPE_XRAY_PORT',
    shown: '2000',
    what: "UDP segments, and TCP for the SDKs' sampling calls",
    schema: port.prefault('2000'),
  }),
  httpPort: setting({
    variable: 'FLUOROSCOPE_HTTP_PORT',
    shown: '2020',
    what: 'everything HTTP: UI, socket.io, and every AWS-shaped API',
    schema: port.prefault('2020'),
  }),
  dataDir: setting({
    variable: 'FLUOROSCOPE_DATA_DIR',
    shown: '`data` in the repository',
    what: 'log and embedded database; one process tree at a time owns it',
    schema: z
      .string()
      .prefault(defaultDataDir)
      .transform((path) => resolve(path)),
  }),
  clickhouseShards: setting({
    variable: 'FLUOROSCOPE_CLICKHOUSE_URL',
    shown: 'unset: embedded',
    what: 'a ClickHouse server, or a cluster: shards with `,` between them, replicas of one shard with `\\|`',
    schema: clickhouseShards.optional(),
  }),
  clickhouseUser: setting({
    variable: 'FLUOROSCOPE_CLICKHOUSE_USER',
    shown: 'default',
    what: 'who we are at that server or cluster',
    schema: z.string().prefault('default'),
  }),
  clickhousePassword: setting({
    variable: 'FLUOROSCOPE_CLICKHOUSE_PASSWORD',
    shown: 'none',
    what: "that user's password",
    schema: z.string().prefault(''),
  }),
  clickhouseCa: setting({
    variable: 'FLUOROSCOPE_CLICKHOUSE_CA',
    shown: 'those of Node.js',
    what: 'file of the certificates (PEM) that its https address is checked against',
    schema: z.string().optional(),
  }),
  clickhouseCluster: setting({
    variable: 'FLUOROSCOPE_CLICKHOUSE_CLUSTER',
    shown: 'none',
    what: "name of the cluster in its servers' `remote_servers`; needed with more than one address",
    schema: z
      .string()
      .regex(/^\w{1,64}$/, 'is not the name of a cluster: give letters, digits and underscores')
      .optional(),
  }),
  ...kafkaSettings,
  apiUrl: setting({
    variable: 'FLUOROSCOPE_API_URL',
    shown: 'http://127.0.0.1:2020',
    what: "where a daemon that is a process of its own sends the SDKs' sampling calls: the HTTP port of the api",
    schema: httpUrl.prefault('http://127.0.0.1:2020'),
  }),
  apiKeyId: setting({
    variable: 'FLUOROSCOPE_API_KEY_ID',
    shown: 'unset: unsigned',
    what: 'key that such a daemon signs those calls with, where the api has `FLUOROSCOPE_AUTH=sigv4`; `write-only` is enough',
    schema: z.string().optional(),
  }),
  apiSecret: setting({
    variable: 'FLUOROSCOPE_API_SECRET',
    shown: 'unset: unsigned',
    what: 'secret of that key',
    schema: z.string().optional(),
  }),
  auth: setting({
    variable: 'FLUOROSCOPE_AUTH',
    shown: '`none` on loopback',
    what: 'who may call: everybody (`none`, and therefore only on loopback), or who signs with a known key (`sigv4`)',
    schema: z.enum(['none', 'sigv4'], { error: 'is not known: give `none` or `sigv4`' }).prefault('none'),
  }),
  keysFile: setting({
    variable: 'FLUOROSCOPE_KEYS_FILE',
    shown: 'none',
    what: 'the keys of `sigv4`, as JSON (see [Access](#access)); read again on SIGHUP',
    schema: z.string().optional(),
  }),
  tlsCert: setting({
    variable: 'FLUOROSCOPE_TLS_CERT',
    shown: 'none',
    what: 'file of a certificate chain (PEM): the HTTP port speaks HTTPS; read again on SIGHUP',
    schema: z.string().optional(),
  }),
  tlsKey: setting({
    variable: 'FLUOROSCOPE_TLS_KEY',
    shown: 'none',
    what: 'file of the private key of `FLUOROSCOPE_TLS_CERT` (PEM)',
    schema: z.string().optional(),
  }),
  region: setting({
    variable: 'FLUOROSCOPE_REGION',
    shown: '`AWS_REGION` or us-east-1',
    what: 'stands in every ARN',
    schema: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, 'is not a region: give one like us-east-1')
      .prefault('us-east-1'),
  }),
  accountId: setting({
    variable: 'FLUOROSCOPE_ACCOUNT_ID',
    shown: '000000000000',
    what: 'stands in every ARN',
    schema: z
      .string()
      .regex(/^\d{12}$/, 'is not an account: give 12 digits')
      .prefault('000000000000'),
  }),
  retentionDays: setting({
    variable: 'FLUOROSCOPE_RETENTION_DAYS',
    shown: '30',
    what: 'days that traces are kept; the oldest day goes first',
    schema: z
      .string()
      .regex(/^[1-9]\d{0,3}$/, 'is not a number of days: give 1 to 9999')
      .prefault('30')
      .transform(Number),
  }),
  diskMaxBytes: setting({
    variable: 'FLUOROSCOPE_DISK_MAX',
    shown: '20GB',
    what: 'most that the data folder may hold, as `500MB`, `20GB` or `1TiB`; the oldest day goes first, today stays',
    schema: z
      .string()
      .refine((text) => parseBytes(text) !== null, 'is not a size: give one like 500MB, 20GB or 1TiB')
      .refine((text) => (parseBytes(text) ?? 0) >= leastDiskBytes, 'is less than 100MB: give a size like 500MB, 20GB or 1TiB')
      .prefault('20GB')
      .transform((text) => parseBytes(text) ?? 0),
  }),
  allowedHosts: setting({
    variable: 'FLUOROSCOPE_ALLOWED_HOSTS',
    shown: 'none',
    what: 'further names, with commas between them, that a request may carry as its `Host`',
    schema: z.string().prefault('').transform(splitNames),
  }),
  logLevel: setting({
    variable: 'FLUOROSCOPE_LOG_LEVEL',
    shown: 'info',
    what: `least severe lines that are written: ${logLevels.join(', ')}`,
    schema: z.enum(logLevels, { error: `is not a level: give one of ${logLevels.join(', ')}` }).prefault('info'),
  }),
  uploadUrl: setting({
    variable: 'FLUOROSCOPE_UPLOAD_URL',
    shown: 'unset: off',
    what: 'side-car: the daemon also uploads what it receives to this X-Ray endpoint',
    schema: httpUrl.optional(),
  }),
  uploadKeyId: setting({
    variable: 'AWS_ACCESS_KEY_ID',
    shown: 'unset: unsigned',
    what: 'key that uploads to `FLUOROSCOPE_UPLOAD_URL` are signed with',
    schema: z.string().optional(),
  }),
  uploadSecret: setting({
    variable: 'AWS_SECRET_ACCESS_KEY',
    shown: 'unset: unsigned',
    what: 'secret of that key',
    schema: z.string().optional(),
  }),
  uploadToken: setting({
    variable: 'AWS_SESSION_TOKEN',
    shown: 'none',
    what: 'session token of that key, where it has one',
    schema: z.string().optional(),
  }),
};

type Settings = typeof settings;
type Values = { [Name in keyof Settings]: z.output<Settings[Name]['schema']> };
export type Config = Readonly<Omit<Values, 'xrayHosts'> & { xrayHosts: string[] }>;
export type ConfigResult = { config: Config; problem?: undefined } | { config?: undefined; problem: string };

/** Reads the settings from environment variables; other variables are ignored, `AWS_REGION` apart. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const values: Record<string, unknown> = {};
  for (const [name, { variable, schema }] of Object.entries(settings)) {
    const result = schema.safeParse(given(env, variable));
    if (!result.success) return { problem: `${variable}=${withoutUser(env[variable] ?? '')} ${result.error.issues[0]?.message}` };
    values[name] = result.data;
  }
  // Each value was made by the schema of its own name.
  return checkTogether(values as Values);
}

/** The README's table of settings, in Markdown. */
export function settingsTable(): string {
  const rows = Object.values(settings).map(({ variable, shown, what }) => `| \`${variable}\` | ${shown} | ${what} |`);
  return ['| setting | default | what |', '|---|---|---|', ...rows].join('\n');
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

function checkTogether(values: Values): ConfigResult {
  const config = Object.freeze({ ...values, xrayHosts: values.xrayHosts ?? values.hosts });
  const problem =
    portProblem(config) ?? accessProblem(config) ?? apiKeyProblem(config) ?? clickhouseProblem(config) ?? kafkaProblem(config);
  return problem === null ? { config } : { problem };
}

function portProblem({ xrayPort, httpPort }: Config): string | null {
  if (xrayPort !== httpPort || xrayPort === 0) return null;
  return `FLUOROSCOPE_XRAY_PORT and FLUOROSCOPE_HTTP_PORT are both ${xrayPort}: give one of them another port`;
}

function accessProblem({ auth, keysFile, tlsCert, tlsKey, ...config }: Config): string | null {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) return 'FLUOROSCOPE_TLS_CERT and FLUOROSCOPE_TLS_KEY belong together: set both';
  if (auth === 'sigv4') return keysFile === undefined ? 'FLUOROSCOPE_AUTH=sigv4 needs FLUOROSCOPE_KEYS_FILE: the file of its keys' : null;
  if (keysFile !== undefined) return `FLUOROSCOPE_KEYS_FILE=${keysFile} is of no use without FLUOROSCOPE_AUTH=sigv4: set both`;
  const open = (['hosts', 'xrayHosts'] as const).find((name) => !config[name].every(isLoopback));
  if (open === undefined) return null;
  const { variable } = settings[open];
  return `${variable}=${config[open][0]} is open to others, which needs FLUOROSCOPE_AUTH=sigv4: set that, or unset ${variable}`;
}

function clickhouseProblem(config: Config): string | null {
  const { clickhouseShards: shards, clickhouseCluster: cluster, clickhouseCa: ca } = config;
  const url = settings.clickhouseShards.variable;
  if (shards === undefined) {
    const set = cluster !== undefined || ca !== undefined || config.clickhousePassword !== '' || config.clickhouseUser !== 'default';
    return set ? `The FLUOROSCOPE_CLICKHOUSE_ settings are of no use without ${url}: set it, or unset the others` : null;
  }
  const nodes = shards.flat();
  if (new Set(nodes).size < nodes.length) return `${url} names an address twice: each server is one replica of one shard`;
  if (ca !== undefined && !nodes.every((node) => node.startsWith('https:')))
    return `FLUOROSCOPE_CLICKHOUSE_CA=${ca} is of no use where ${url} is not https: give an https address`;
  if (nodes.length > 1 && cluster === undefined)
    return `${url} names ${nodes.length} servers, which needs FLUOROSCOPE_CLICKHOUSE_CLUSTER: their name in remote_servers`;
  return null;
}

function apiKeyProblem({ apiKeyId, apiSecret }: Config): string | null {
  if ((apiKeyId === undefined) === (apiSecret === undefined)) return null;
  return 'FLUOROSCOPE_API_KEY_ID and FLUOROSCOPE_API_SECRET belong together: set both';
}

function given(env: Readonly<Record<string, string | undefined>>, variable: string): string | undefined {
  const own = env[variable]?.trim();
  if (own) return own;
  return variable === 'FLUOROSCOPE_REGION' ? env.AWS_REGION?.trim() || undefined : undefined;
}

/** Both loopback addresses, or one where the machine has no IPv6. */
function loopbackHosts(): string[] {
  const addresses = new Set(
    Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .map(({ address }) => address),
  );
  const present = loopbackAddresses.filter((address) => addresses.has(address));
  return present.length > 0 ? present : ['127.0.0.1'];
}

function isLoopbackWord(text: string): boolean {
  return text === 'loopback' || text === 'localhost';
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

function nodesOf(text: string): string[][] {
  return text.split(',').map((replicas) => replicas.split('|').map((node) => node.trim()));
}

/** Without a path, which ClickHouse's client would take for a database. */
function isServer(url: string): boolean {
  return isHttpUrl(url) && ['', '/'].includes(new URL(url).pathname) && new URL(url).search === '';
}

function hasNoUser(url: string): boolean {
  return !/\/\/[^/]*@/.test(url);
}

/** Of addresses: what may be shown. */
function withoutUser(text: string): string {
  return text.replace(/\/\/[^/,|]*@/g, '//***@');
}

function withoutEndSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function splitNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

/** Keeps each schema's own type while the table stays checked. */
function setting<Schema extends z.ZodType>(entry: { variable: string; shown: string; what: string; schema: Schema }) {
  return entry;
}
