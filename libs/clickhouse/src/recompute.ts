/** Computes what is derived of slices from their facts, and puts it in place: the service graph of one, the rows of traces of some. */
import { clientType, maxEdgesPerSlice, maxNodesPerSlice, otherName } from '@fluoroscope/contract/graph';
import { messagingType } from '@fluoroscope/xray/inferred';
import { type ClickHouseClient, queryText } from './clickhouse.js';
import { groupText } from './groups.js';

/** As ClickHouse writes it. */
const messaging = `(?i)${messagingType.source}`;

export interface SliceVersion {
  slice: number;
  shard: number;
  /** Of the facts: their log position, plus one. */
  version: number;
  /** False when it surely has none: looking for them costs as much as a small slice. */
  hasLinks: boolean;
  /** The database in which the causes on every shard are found; without it, that of the client. */
  everywhere?: string;
  /**
   * It is computed again though none of its facts is newer: another shard has what it links to. Its version is then the one after its
   * last, up to this, which no fact of the shard may have.
   */
  renewUpTo?: number;
  /** Of what the members of a group contribute; without it, of everything. */
  groupId?: string;
  /** Beyond these, rows fold into `other` of their type. */
  maxNodes?: number;
  maxEdges?: number;
}

/** Up to which no fact behind the stored ones has a version: those begin with another message. */
export function lastFreeVersion(storedVersion: number, positionsPerMessage: number): number {
  return Math.ceil(storedVersion / positionsPerMessage) * positionsPerMessage;
}

export async function recomputeSlice(client: ClickHouseClient, of: SliceVersion): Promise<void> {
  const { slice, shard, version, hasLinks, everywhere, renewUpTo, groupId, maxNodes = maxNodesPerSlice, maxEdges = maxEdgesPerSlice } = of;
  const bounds = { max_nodes: maxNodes, max_edges: maxEdges, group_id: groupId ?? '' };
  const params = { slice, shard, version, client: clientType, other: otherName, messaging, ...bounds };
  const textOf = groupId === undefined ? queryText : groupText;
  const links = textOf('recompute-slice-links').replaceAll('/* everywhere */', everywhere === undefined ? '' : `${everywhere}.`);
  const query = textOf('recompute-slice').replace('-- Links.', () => (hasLinks ? links : ''));
  const renewed = renewUpTo === undefined ? query : query.replace('{version: UInt64}', () => textOf('renewed-version'));
  await client.command({ query: renewed, query_params: { ...params, renew_up_to: renewUpTo ?? 0 } });
}

export interface TraceRows {
  slices: readonly number[];
  /** Of each shard, as of a slice of the service graph. */
  versions: ReadonlyMap<number, number>;
}

/** `traces` is in no order of shards: for one, as much is read as for several. Answers how many milliseconds it took. */
export async function recomputeTraces(client: ClickHouseClient, { slices, versions }: TraceRows): Promise<number> {
  const beganMs = performance.now();
  const shards = { shards: [...versions.keys()], versions: [...versions.values()] };
  const params = { slices, ...shards, first_slice: Math.min(...slices), last_slice: Math.max(...slices) };
  for (const name of ['recompute-traces', 'merge-traces']) await client.command({ query: queryText(name), query_params: params });
  return performance.now() - beganMs;
}
