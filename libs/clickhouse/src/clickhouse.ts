/**
 * The ClickHouse seam: one client over HTTP, for the embedded server and for a cluster alike. Statements live in
 * `queries/*.sql` with bound parameters; facts are inserted as RowBinary.
 */

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, type ClickHouseSettings, createClient } from '@clickhouse/client';

export type { ClickHouseClient } from '@clickhouse/client';

export const databaseName = 'fluoroscope';
const requestTimeoutMs = 120_000;

export interface ClickHouseAddress {
  url: string;
  username?: string;
  password?: string;
  /** Certificates (PEM) that an https server is checked against; those of Node.js without it. */
  ca?: string;
  /** That it is a server of. */
  cluster?: Cluster;
}

export interface Cluster {
  /** In `remote_servers`. */
  name: string;
  /** The addresses of all its servers: of each shard, its replicas. */
  shards: string[][];
}

/** The database of a server in which each table is that of all shards. */
export function overallName(database: string): string {
  return `${database}_all`;
}

/** To read what is stored, on whichever shard. */
export function connectToAll(address: ClickHouseAddress, database = databaseName): ClickHouseClient {
  return connect(address, everywhere(address, database));
}

/** The database in which everything can be read, whichever shard it is on. */
export function everywhere({ cluster }: ClickHouseAddress, database = databaseName): string {
  return cluster !== undefined && cluster.shards.length > 1 ? overallName(database) : database;
}

export function connect({ url, username, password, ca }: ClickHouseAddress, database = databaseName): ClickHouseClient {
  return createClient({
    url,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { tls: { ca_cert: Buffer.from(ca) } }),
    database,
    request_timeout: requestTimeoutMs,
    // Every failure is an exception that its caller reports.
    log: { level: ClickHouseLogLevel.OFF },
    max_open_connections: 20,
    keep_alive: { enabled: true, idle_socket_ttl: 2_500 },
    clickhouse_settings: {
      async_insert: 0,
      output_format_json_quote_64bit_integers: 0,
      // What is taken back and comes again is not a copy of what was inserted before.
      insert_deduplicate: 0,
      // Whatever one statement puts together lies on one shard: facts of one trace, rows of one slice of one partition.
      distributed_product_mode: 'local',
    },
  });
}

const texts = new Map<string, string>();

/** The text of `queries/<name>.sql`. */
export function queryText(name: string): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = readFileSync(fileURLToPath(new URL(`../queries/${name}.sql`, import.meta.url)), 'utf8');
    texts.set(name, text);
  }
  return text;
}

/**
 * Of every read: seconds, bytes of memory, rows that it gives, and rows that it looks at, which are what an engine reads in the same
 * time. A reader that goes away frees the engine.
 */
const readLimits = {
  max_execution_time: 20,
  max_memory_usage: '1000000000',
  max_result_rows: '1000000',
  max_rows_to_read: '2000000000',
  readonly: '2',
  cancel_http_readonly_queries_on_client_close: 1,
} as const;

/** Of a read that may leave out what is stored on shards that are away. */
export const whatAnswers: ClickHouseSettings = { skip_unavailable_shards: 1 };

/** Rows of `queries/<name>.sql` as arrays of its columns (JSONCompactEachRow). */
export function rowsOf<Row extends unknown[]>(
  client: ClickHouseClient,
  name: string,
  params: Record<string, unknown>,
  settings: ClickHouseSettings = {},
): Promise<Row[]> {
  return rowsOfText(client, queryText(name), { params, settings });
}

/** Of a statement that is put together of several files. */
export async function rowsOfText<Row extends unknown[]>(
  client: ClickHouseClient,
  text: string,
  { params, settings = {} }: { params: Record<string, unknown>; settings?: ClickHouseSettings },
): Promise<Row[]> {
  const result = await client.query({
    query: text,
    query_params: params,
    format: 'JSONCompactEachRow',
    clickhouse_settings: { ...readLimits, ...settings },
  });
  return result.json<Row>();
}

/** The bytes that `queries/<name>.sql` writes in its own format, as they come. Whoever stops reading ends the query. */
export async function bytesOf(client: ClickHouseClient, name: string, params: Record<string, unknown>): Promise<Readable> {
  const result = await client.exec({ query: queryText(name), query_params: params, clickhouse_settings: readLimits });
  return result.stream;
}

/** Tables with an insert of their own, `queries/insert-<table>.sql`. */
const tablesOfTexts: readonly string[] = ['entities', 'relations'];

function insertText(table: string): string {
  return tablesOfTexts.includes(table) ? queryText(`insert-${table}`).trimEnd() : `INSERT INTO ${table} FORMAT RowBinary`;
}

/** Inserts prepared RowBinary bytes; resolves when ClickHouse has written (and, by the tables' settings, fsynced) the part. */
export async function insertRows(client: ClickHouseClient, table: string, parts: readonly Uint8Array[]): Promise<void> {
  const filled = parts.filter(({ length }) => length > 0);
  if (filled.length === 0) return;
  const result = await client.exec({
    query: insertText(table),
    values: Readable.from(filled, { objectMode: false }),
    // Reads choose the winning version, so nothing is gained by merging the rows of one insert.
    clickhouse_settings: { async_insert: 0, wait_end_of_query: 1, optimize_on_insert: 0 },
  });
  result.stream.resume();
}

/** Codes by which ClickHouse ends what needs more rows, time, bytes or memory than it may have. */
const limitCodes = new Set(['158', '159', '160', '241', '307', '396']);

export function reachesLimit(error: unknown): boolean {
  return error instanceof ClickHouseError && limitCodes.has(error.code);
}

/** Of these, what does not depend on what else the server does: the same query would reach it again. */
const ownLimitCodes = new Set(['158', '307', '396']);

export function isTooMuch(error: unknown): boolean {
  if (!(error instanceof ClickHouseError)) return false;
  return ownLimitCodes.has(error.code) || (error.code === '241' && /query memory limit/i.test(error.message));
}

/** By which the system, or the client, says that nobody answered, or that the connection broke. */
const awayCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
/** By which ClickHouse itself says that it cannot now: too many queries, no connection to others, tables that take nothing. */
const unableCodes = new Set(['202', '209', '210', '242', '279', '999']);

/** Storage does not answer, or cannot now: what was asked, and how, is not to blame. */
export function isAway(error: unknown): boolean {
  if (error instanceof ClickHouseError) return unableCodes.has(error.code);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return awayCodes.has(code) || /^(timeout error|socket hang up)/i.test(error.message) || isAway(error.cause);
}

/**
 * Error codes by which ClickHouse refuses the content of an insert: the same insert would be refused again. Everything
 * else (memory, disk, timeouts, a server that is away) is trouble that passes.
 */
const contentCodes = new Set([
  '6',
  '26',
  '27',
  '33',
  '36',
  '38',
  '41',
  '43',
  '53',
  '69',
  '70',
  '72',
  '117',
  '128',
  '130',
  '131',
  '252',
  '349',
  '469',
]);

export function refusesContent(error: unknown): boolean {
  return isRefusal(error) && contentCodes.has(error.code);
}

/** ClickHouse itself said no, so it is there. */
export function isRefusal(error: unknown): error is ClickHouseError {
  return error instanceof ClickHouseError;
}
