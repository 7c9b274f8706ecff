/** All stored versions of the documents of some traces, for the writer to compare with what arrives. */
import { type ClickHouseClient, rowsOf } from './clickhouse.js';

/** Traces asked for in one query. */
const maxTracesPerQuery = 1_000;

export interface DocumentVersion {
  id: string;
  complete: boolean;
  position: number;
  /** Another version was stored before this one. */
  replaced: boolean;
  raw: string;
}

/** By trace ID; a trace that is not stored has no entry. */
export async function traceVersions(client: ClickHouseClient, traceIds: readonly string[]): Promise<Map<string, DocumentVersion[]>> {
  const versions = new Map<string, DocumentVersion[]>();
  for (let from = 0; from < traceIds.length; from += maxTracesPerQuery) {
    const params = { trace_ids: traceIds.slice(from, from + maxTracesPerQuery).map(hexOfTraceId) };
    for (const [trace, id, complete, position, replaced, raw] of await rowsOf<VersionRow>(client, 'trace-versions', params)) {
      const list = versions.get(traceIdOfHex(trace));
      const version = { id, complete: complete === 1, position, replaced: replaced === 1, raw };
      if (list) list.push(version);
      else versions.set(traceIdOfHex(trace), [version]);
    }
  }
  return versions;
}

type VersionRow = [trace: string, id: string, complete: number, position: number, replaced: number, raw: string];

/** 32 hex digits of `1-8-24`. */
export function hexOfTraceId(traceId: string): string {
  return traceId.slice(2, 10) + traceId.slice(11);
}

export function traceIdOfHex(hex: string): string {
  return `1-${hex.slice(0, 8)}-${hex.slice(8)}`;
}
