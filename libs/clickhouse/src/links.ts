/** Links between traces, as they are stored: what some traces have caused, and the documents that say what caused them. */
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { maxLinkSeconds } from '@fluoroscope/xray/links';
import { type ClickHouseClient, rowsOf, whatAnswers } from './clickhouse.js';
import type { LinkRow } from './facts.js';
import { hexOfTraceId, traceIdOfHex } from './trace-versions.js';

/** Traces asked for in one query. */
const maxTracesPerQuery = 1_000;
/** ClickHouse searches a text for this many words at once. */
const maxWordsPerQuery = 255;
/** A cause may be so many slices older than what it caused. */
export const maxLinkSlices = maxLinkSeconds / sliceSeconds;

type StoredLink = [slice: number, trace: string, id: string, causeTrace: string, causeId: string, causeSlice: number, position: number];

/** Newest first, at most `limit` of every thousand traces; of one shard when it is given. */
export async function linksFrom(
  client: ClickHouseClient,
  query: { traceIds: readonly string[]; firstSlice: number; limit?: number; shard?: number },
): Promise<LinkRow[]> {
  const { traceIds, firstSlice, limit = 2 ** 32 - 1, shard } = query;
  const links: LinkRow[] = [];
  for (let from = 0; from < traceIds.length; from += maxTracesPerQuery) {
    const params = {
      trace_ids: traceIds.slice(from, from + maxTracesPerQuery).map(hexOfTraceId),
      first_slice: Math.max(0, firstSlice),
      limit,
      shards: shard === undefined ? [] : [shard],
    };
    for (const row of await rowsOf<StoredLink>(client, 'links-by-cause', params)) links.push(linkOf(row));
  }
  return links;
}

/** Of a shard, the newest first: all of slices from `firstSlice` on, and from `firstOpen` on those whose cause is not known. */
export async function openLinks(
  client: ClickHouseClient,
  of: { shard: number; firstSlice: number; firstOpen: number; limit: number },
): Promise<LinkRow[]> {
  const params = { shard: of.shard, first_slice: of.firstSlice, first_open: of.firstOpen, limit: of.limit };
  return (await rowsOf<StoredLink>(client, 'open-links', params)).map(linkOf);
}

/** What is stored of causes, by trace ID and ID: a version that grows with every fact about them. */
export async function causesOf(client: ClickHouseClient, links: readonly LinkRow[]): Promise<Map<string, string>> {
  const params = {
    slices: [...new Set(links.map(({ causeSlice }) => causeSlice))],
    trace_ids: [...new Set(links.map(({ causeTraceId }) => hexOfTraceId(causeTraceId)))],
    ids: [...new Set(links.map(({ causeId }) => causeId))],
  };
  const rows = await rowsOf<[trace: string, id: string, version: string]>(client, 'link-causes', params);
  return new Map(rows.map(([trace, id, version]) => [traceIdOfHex(trace) + id, version]));
}

function linkOf([slice, trace, id, causeTrace, causeId, causeSlice, position]: StoredLink): LinkRow {
  const [traceId, causeTraceId] = [traceIdOfHex(trace), traceIdOfHex(causeTrace)];
  return { slice, traceId, id, causeTraceId, causeId, causeSlice, position, isVoid: false };
}

export interface DocumentText {
  traceId: string;
  raw: string;
}

export interface DocumentsOf {
  firstSlice: number;
  /** Whether what is stored on shards that are away is left out; else nothing is given while one is. */
  isPartial?: boolean;
}

/** The winning version of the documents of each trace in which its word is (ignoring case), in slices from `firstSlice` on; perhaps more. */
export async function documentsWith(
  client: ClickHouseClient,
  wanted: readonly { traceId: string; word: string }[],
  { firstSlice, isPartial = false }: DocumentsOf,
): Promise<DocumentText[]> {
  const documents: DocumentText[] = [];
  const settings = isPartial ? whatAnswers : {};
  for (let from = 0; from < wanted.length; from += maxWordsPerQuery) {
    const part = wanted.slice(from, from + maxWordsPerQuery);
    const params = {
      trace_ids: [...new Set(part.map(({ traceId }) => hexOfTraceId(traceId)))],
      words: [...new Set(part.map(({ word }) => word))],
      first_slice: Math.max(0, firstSlice),
    };
    for (const [trace, raw] of await rowsOf<[string, string]>(client, 'documents-with', params, settings))
      documents.push({ traceId: traceIdOfHex(trace), raw });
  }
  return documents;
}

/** Any links at all. */
export async function hasLinks(client: ClickHouseClient): Promise<boolean> {
  return (await rowsOf(client, 'has-links', {})).length > 0;
}
