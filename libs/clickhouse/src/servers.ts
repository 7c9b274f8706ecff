/**
 * The servers that the settings name. Log partition p is stored on shard p modulo the number of shards, so that all documents
 * of a trace are on one; whoever reads asks any server, which asks the others.
 */
import { readFileSync } from 'node:fs';
import type { ClickHouseAddress } from './clickhouse.js';

/** The settings of the same names. */
export interface ClickHouseSettings {
  clickhouseShards?: string[][] | undefined;
  clickhouseUser: string;
  clickhousePassword: string;
  clickhouseCa?: string | undefined;
  clickhouseCluster?: string | undefined;
}

export interface ClickHouseServers {
  /** The first is that of partition 0. */
  shards: ClickHouseAddress[];
}

/** Null when none is named. Throws one line for the user when the file of certificates cannot be read. */
export function serversOf(settings: ClickHouseSettings): ClickHouseServers | null {
  const { clickhouseShards, clickhouseUser: username, clickhousePassword: password, clickhouseCa, clickhouseCluster: name } = settings;
  if (clickhouseShards === undefined) return null;
  const tls = clickhouseCa === undefined ? {} : { ca: certificates(clickhouseCa) };
  const cluster = name === undefined ? {} : { cluster: { name, shards: clickhouseShards } };
  return { shards: clickhouseShards.map(([url = '']) => ({ url, username, password, ...tls, ...cluster })) };
}

export function shardOf({ shards }: ClickHouseServers, partition: number): ClickHouseAddress {
  const address = shards[partition % shards.length];
  if (address === undefined) throw new RangeError(`there is no shard for partition ${partition}`);
  return address;
}

function certificates(path: string): string {
  const text = read(path);
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`FLUOROSCOPE_CLICKHOUSE_CA=${path} holds no certificate in PEM`);
  return text;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`FLUOROSCOPE_CLICKHOUSE_CA=${path} cannot be read (${code})`);
  }
}
