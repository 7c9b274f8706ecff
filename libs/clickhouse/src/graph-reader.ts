/** Reads service graphs out of the stored slices, minutes and hours. */

import { TupleParam } from '@clickhouse/client';
import { type EdgeRow, type EdgeType, type NodeRow, type ShardRows, sliceSeconds } from '@fluoroscope/contract/graph';
import { ruleFacet } from '@fluoroscope/xray/entity-facets';
import type { SampledCount } from '@fluoroscope/xray/sampling-estimates';
import type { GraphEdge, GraphNode, GraphStatistics, ServiceGraph } from '@fluoroscope/xray/service-graph';
import { type ClickHouseClient, queryText, rowsOf, rowsOfText } from './clickhouse.js';
import { groupText, hasOldMembers } from './groups.js';
import { chooseHeaders, type Header } from './headers.js';

/** How often a read is begun anew because what it read was put in place again meanwhile. */
const maxReads = 4;
/** As the column can hold. */
const maxShard = 65_535;

export interface GraphReader {
  /** The graph of [from, to), epoch seconds, widened to whole slices; `from` and `to` of the answer say how far. */
  serviceGraph(from: number, to: number, groupId?: string): Promise<{ from: number; to: number; graph: ServiceGraph; folded: number }>;
  /** Whether traces of the range belong to a group by an older version of its filter than `latest`. */
  hasOldMembers(range: { from: number; to: number }, group: { id: string; latest: number }): Promise<boolean>;
  /** Segments that name their sampling rule, by slice, rule and node. */
  sampled(from: number, to: number, groupId?: string): Promise<SampledCount[]>;
  /** Stored slices, first to last inclusive, as the live stream carries them: of one shard, or of all. */
  slices(first: number, last: number, of?: { shard?: number; groupId?: string }): Promise<ShardRows[]>;
  /** Which slices of some groups are stored from `first` on. */
  groupSlices(groupIds: readonly string[], first: number): Promise<StoredGroupSlices>;
}

export interface StoredGroupSlices {
  /** By group, then by slice: a text that changes when the slice is put in place again. */
  versions: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** Those of the whole graph, in order: each comes before those of the groups. */
  whole: readonly number[];
}

type Histogram = [buckets: number[], counts: number[]];
type KeyColumns = [callerName: string, callerType: string, callerAccount: string, name: string, type: string, account: string];
type CountColumns = [ok: number, error: number, throttle: number, fault: number, inProgress: number, totalMicros: number];
type GraphRow = [
  kind: number,
  ...key: KeyColumns,
  root: number,
  inferred: number,
  ...counts: CountColumns,
  start: number,
  end: number,
  folded: number,
  rows: number,
  histogram: Histogram,
  durations: Histogram,
];
type SampledRow = [slice: number, rule: string, name: string, type: string, accountId: string, segments: number];
type GroupSliceRow = [groupId: string, start: number, shard: number, version: number];
type SliceRow = [
  slice: number,
  shard: number,
  kind: number,
  ...key: KeyColumns,
  root: number,
  inferred: number,
  ...counts: CountColumns,
  histogram: Histogram,
];

export class StoredGraphReader implements GraphReader {
  constructor(private readonly client: ClickHouseClient) {}

  async serviceGraph(
    from: number,
    to: number,
    groupId?: string,
  ): Promise<{ from: number; to: number; graph: ServiceGraph; folded: number }> {
    const range = { from: Math.floor(from / sliceSeconds) * sliceSeconds, to: Math.ceil(to / sliceSeconds) * sliceSeconds };
    const rows = await this.graphRows(range, groupId);
    const folded = rows.reduce((sum, row) => sum + row[17], 0);
    return { ...range, graph: graphOf(rows), folded };
  }

  hasOldMembers(range: { from: number; to: number }, { id, latest }: { id: string; latest: number }): Promise<boolean> {
    return hasOldMembers(this.client, { group_id: id, latest, from: Math.floor(range.from), to: Math.ceil(range.to) });
  }

  async sampled(from: number, to: number, groupId?: string): Promise<SampledCount[]> {
    const slices = { first: Math.floor(from / sliceSeconds), last: Math.ceil(to / sliceSeconds) - 1 };
    const params = { ...slices, rule_facet: ruleFacet, group_id: groupId ?? '' };
    const rows = await rowsOfText<SampledRow>(this.client, textOf('sampled-segments', groupId), { params });
    return rows.map(([slice, rule, name, type, accountId, segments]) => ({ slice, rule, node: { name, type, accountId }, segments }));
  }

  async slices(first: number, last: number, { shard, groupId }: { shard?: number; groupId?: string } = {}): Promise<ShardRows[]> {
    const shards = { first_shard: shard ?? 0, last_shard: shard ?? maxShard };
    const params = { from: first * sliceSeconds, to: (last + 1) * sliceSeconds, ...shards, group_id: groupId ?? '' };
    return slicesOf(await rowsOfText<SliceRow>(this.client, textOf('slices', groupId), { params }));
  }

  async groupSlices(groupIds: readonly string[], first: number): Promise<StoredGroupSlices> {
    const params = { group_ids: groupIds, from: first * sliceSeconds };
    const rows = await rowsOf<GroupSliceRow>(this.client, 'group-slice-versions', params);
    const versions = new Map(groupIds.map((id) => [id, new Map<number, string>()]));
    for (const [groupId, start, shard, version] of rows) {
      const slices = versions.get(groupId);
      const slice = start / sliceSeconds;
      slices?.set(slice, `${slices.get(slice) ?? ''} ${shard} ${version}`);
    }
    const whole = rows.filter(([groupId]) => groupId === '').map(([, start]) => start / sliceSeconds);
    return { versions, whole: whole.sort((left, right) => left - right) };
  }

  /**
   * Reads the headers, then what they point at. In between a newer computation may have taken a place, and a merge the older
   * rows away: the headers found say so, for a header and its rows share a part. When there are too many, FINAL leaves one of two copies
   * of a computation; else it would only lose more of what is put in place meanwhile.
   */
  private async graphRows(range: { from: number; to: number }, groupId: string | undefined): Promise<GraphRow[]> {
    const group = { group_id: groupId ?? '' };
    let final: 0 | 1 = 0;
    for (let read = 1; read <= maxReads; read++) {
      const headers = chooseHeaders(
        await rowsOfText<Header>(this.client, textOf('graph-headers', groupId), { params: { ...range, ...group } }),
        range,
      );
      const rows: GraphRow[] = await rowsOfText(this.client, textOf('service-graph', groupId), {
        params: { headers: headers.map((header) => new TupleParam(header)), ...group },
        settings: { final },
      });
      const found = rows[0]?.[0] === 0 ? rows[0][18] : 0;
      if (found === headers.length) return rows.filter(([kind]) => kind !== 0);
      final = found > headers.length ? 1 : 0;
    }
    throw new Error(`The graph changed ${maxReads} times while it was read`);
  }
}

function textOf(name: string, groupId: string | undefined): string {
  return groupId === undefined ? queryText(name) : groupText(name);
}

function graphOf(rows: readonly GraphRow[]): ServiceGraph {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  for (const row of rows) {
    const [kind, callerName, callerType, callerAccount, name, type, accountId, root, inferred] = row;
    const key = { name, type, accountId };
    const extent = {
      startMicros: row[15],
      endMicros: row[16],
      statistics: statisticsOf([row[9], row[10], row[11], row[12], row[13], row[14]], row[19]),
    };
    if (kind === 1) nodes.push({ key, root: root === 1, inferred: inferred === 1, ...extent, durationHistogram: flat(row[20]) });
    else edges.push({ caller: { name: callerName, type: callerType, accountId: callerAccount }, callee: key, ...typeOf(kind), ...extent });
  }
  return { nodes, edges };
}

function statisticsOf([ok, error, throttle, fault, inProgress, totalMicros]: CountColumns, histogram: Histogram): GraphStatistics {
  return { ok, error, throttle, fault, inProgress, totalMicros, histogram: flat(histogram) };
}

function slicesOf(rows: readonly SliceRow[]): ShardRows[] {
  const slices = new Map<string, ShardRows>();
  for (const row of rows) {
    const [slice, shard, kind, callerName, callerType, callerAccount, name, type, account, root, inferred] = row;
    const rowsOfSlice = partAt(slices, slice, shard);
    const statistics: NodeRow[5] = [row[11], row[12], row[13], row[14], row[15], row[16], flat(row[17])];
    if (kind === 1) rowsOfSlice.nodes.push([name, type, account, root === 1, inferred === 1, statistics]);
    if (kind > 1)
      rowsOfSlice.edges.push(edgeRow(kind, { caller: [callerName, callerType, callerAccount], callee: [name, type, account], statistics }));
  }
  return [...slices.values()];
}

/** Rows of kind 3 are links. */
function typeOf(kind: number): { type?: EdgeType } {
  return kind === 3 ? { type: 'link' } : {};
}

/** Of rows that are no nodes. */
export function edgeRow(
  kind: number,
  { caller, callee, statistics }: { caller: EdgeRow[0]; callee: EdgeRow[1]; statistics: EdgeRow[2] },
): EdgeRow {
  const { type } = typeOf(kind);
  return type === undefined ? [caller, callee, statistics] : [caller, callee, statistics, type];
}

function partAt(parts: Map<string, ShardRows>, slice: number, shard: number): ShardRows {
  const id = `${slice} ${shard}`;
  let rows = parts.get(id);
  if (!rows) {
    rows = { slice, shard, stored: true, nodes: [], edges: [] };
    parts.set(id, rows);
  }
  return rows;
}

/** Two arrays to flat bucket, count pairs. */
function flat([buckets, counts]: Histogram): number[] {
  const pairs: number[] = [];
  for (const [at, bucket] of buckets.entries()) pairs.push(bucket, counts[at] ?? 0);
  return pairs;
}
