/** All stored versions of the documents of some traces, for the writer to compare with what arrives. */
import { maxDocumentBytes } from '@fluoroscope/contract/documents';
import { type ClickHouseClient, rowsOf } from './clickhouse.js';

/** Up to here a trace is read whole. */
const wholeTrace = { versions: 50_000, bytes: 64 * 1024 * 1024 };
/** IDs travel in the address of a query. */
const maxIdsPerQuery = 1_000;
/** Of several traces. */
const maxVersionsPerQuery = 10_000;

export interface DocumentVersion {
  id: string;
  complete: boolean;
  position: number;
  /** Another version was stored before this one. */
  replaced: boolean;
  raw: string;
}

/** Of these documents it is known what is stored, whatever else the trace has. */
export type WantedDocuments = ReadonlyMap<string, readonly string[]>;

export interface StoredVersions {
  /** By trace ID; a trace that is not stored has no entry. */
  versions: Map<string, DocumentVersion[]>;
  /** Traces that are too large to be read whole: of these there are only the wanted documents. */
  partial: Set<string>;
}

/** Memory is bounded by `limits`: one endless trace, as of a service that gives every request the same ID, must not stop the rest. */
export async function traceVersions(client: ClickHouseClient, wanted: WantedDocuments, limits = wholeTrace): Promise<StoredVersions> {
  const known: StoredVersions = { versions: new Map(), partial: new Set() };
  const counts = await versionCounts(client, [...wanted.keys()]);
  for (const [traceId, count] of counts) if (!(await isWhole(client, { traceId, count, limits }))) known.partial.add(traceId);
  for (const traceIds of groupsOf([...counts].filter(([traceId]) => !known.partial.has(traceId))))
    addTo(known.versions, await rowsOf<VersionRow>(client, 'trace-versions', { trace_ids: traceIds.map(hexOfTraceId) }));
  for (const traceId of known.partial) {
    for (const ids of parts([...new Set(wanted.get(traceId))]))
      addTo(known.versions, await rowsOf<VersionRow>(client, 'some-trace-versions', { trace_id: hexOfTraceId(traceId), ids }));
  }
  return known;
}

async function versionCounts(client: ClickHouseClient, traceIds: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const part of parts(traceIds)) {
    const rows = await rowsOf<[trace: string, count: number]>(client, 'version-counts', { trace_ids: part.map(hexOfTraceId) });
    for (const [trace, count] of rows) counts.set(traceIdOfHex(trace), count);
  }
  return counts;
}

async function isWhole(
  client: ClickHouseClient,
  { traceId, count, limits }: { traceId: string; count: number; limits: typeof wholeTrace },
): Promise<boolean> {
  if (count > limits.versions) return false;
  if (count * maxDocumentBytes <= limits.bytes) return true;
  const [[bytes] = [0]] = await rowsOf<[number]>(client, 'version-bytes', { trace_id: hexOfTraceId(traceId) });
  return bytes <= limits.bytes;
}

function addTo(versions: Map<string, DocumentVersion[]>, rows: readonly VersionRow[]): void {
  for (const [trace, id, complete, position, replaced, raw] of rows) {
    const list = versions.get(traceIdOfHex(trace));
    const version = { id, complete: complete === 1, position, replaced: replaced === 1, raw };
    if (list) list.push(version);
    else versions.set(traceIdOfHex(trace), [version]);
  }
}

/** Traces that are read together. */
function groupsOf(counts: readonly [traceId: string, count: number][]): string[][] {
  const groups: string[][] = [];
  let room = 0;
  for (const [traceId, count] of counts) {
    const group = groups.at(-1);
    if (group === undefined || count > room || group.length >= maxIdsPerQuery) {
      groups.push([traceId]);
      room = maxVersionsPerQuery;
    } else group.push(traceId);
    room -= count;
  }
  return groups;
}

function parts(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / maxIdsPerQuery) }, (_, at) =>
    ids.slice(at * maxIdsPerQuery, (at + 1) * maxIdsPerQuery),
  );
}

type VersionRow = [trace: string, id: string, complete: number, position: number, replaced: number, raw: string];

/** 32 hex digits of `1-8-24`. */
export function hexOfTraceId(traceId: string): string {
  return traceId.slice(2, 10) + traceId.slice(11);
}

export function traceIdOfHex(hex: string): string {
  return `1-${hex.slice(0, 8)}-${hex.slice(8)}`;
}
