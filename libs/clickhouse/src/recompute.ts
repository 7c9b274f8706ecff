/** Computes one slice of the service graph from its facts, and puts it in place. */
import { clientType, maxEdgesPerSlice, maxNodesPerSlice, otherName } from '@fluoroscope/contract/graph';
import { messagingType } from '@fluoroscope/xray/inferred';
import { type ClickHouseClient, queryText } from './clickhouse.js';

/** As ClickHouse writes it. */
const messaging = `(?i)${messagingType.source}`;

export interface SliceVersion {
  slice: number;
  shard: number;
  /** Of the facts: their log position, plus one. */
  version: number;
  /** False when it surely has none: looking for them costs as much as a small slice. */
  hasLinks: boolean;
  /** Beyond these, rows fold into `other` of their type. */
  maxNodes?: number;
  maxEdges?: number;
}

export async function recomputeSlice(client: ClickHouseClient, of: SliceVersion): Promise<void> {
  const { slice, shard, version, hasLinks, maxNodes = maxNodesPerSlice, maxEdges = maxEdgesPerSlice } = of;
  const params = { slice, shard, version, client: clientType, other: otherName, messaging, max_nodes: maxNodes, max_edges: maxEdges };
  const query = queryText('recompute-slice').replace('-- Links.', hasLinks ? queryText('recompute-slice-links') : '');
  await client.command({ query, query_params: params });
}
