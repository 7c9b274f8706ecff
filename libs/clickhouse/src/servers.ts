/** The servers that the settings name, as addresses. */
import { readFileSync } from 'node:fs';
import type { ClickHouseAddress } from './clickhouse.js';

/** The settings of the same names. */
export interface ClickHouseSettings {
  clickhouseShards?: string[][] | undefined;
  clickhouseUser: string;
  clickhousePassword: string;
  clickhouseCa?: string | undefined;
}

/** Null when none is named. Throws one line for the user when the file of certificates cannot be read. */
export function serverOf(settings: ClickHouseSettings): ClickHouseAddress | null {
  const { clickhouseShards: shards, clickhouseUser: username, clickhousePassword: password, clickhouseCa: path } = settings;
  const url = shards?.[0]?.[0];
  if (url === undefined) return null;
  if (shards?.flat().length !== 1) throw new Error('FLUOROSCOPE_CLICKHOUSE_URL names several servers: give one');
  return { url, username, password, ...(path === undefined ? {} : { ca: certificates(path) }) };
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
