/**
 * What insights are made of, out of the stored slices, minutes and hours: courses of faults, what is expected of a node, and
 * how many requests an incident has hit. Reads no histograms, which are most of a row.
 */
import { type ClickHouseSettings, TupleParam } from '@clickhouse/client';
import type { NodeKey } from '@fluoroscope/contract/graph';
import type { Expectation } from '@fluoroscope/contract/insights';
import type { EdgeCourse, NodeCourse } from '@fluoroscope/xray/insights/anomalies';
import type { RequestGraph } from '@fluoroscope/xray/insights/impact';
import { nodeId } from '@fluoroscope/xray/node-key';
import { type ClickHouseClient, queryText, rowsOf, rowsOfText } from './clickhouse.js';
import { groupText } from './groups.js';
import { chooseHeaders, type Header } from './headers.js';

/** Nodes and edges that have faults; those with fewer are left out. */
const maxCourses = 20_000;
/** Longer rows would leave out too much around an incident. */
const longestExpectedRow = 600;
/** How often a read is begun anew because what it read was put in place again meanwhile. */
const maxReads = 4;

/** Epoch seconds, whole slices. */
interface SliceRange {
  from: number;
  to: number;
}

/** What is counted: everything, or the traces of one group. */
export interface CountedRange extends SliceRange {
  /** Empty: every trace. */
  groupId: string;
}

/** A time that says nothing about what is expected of a node. */
export interface Incident extends SliceRange {
  node: NodeKey;
}

export interface KnownExpectation extends Expectation {
  /** Of the first slice, or longer row, in which there was a request. */
  firstSeconds: number;
}

export interface FaultReader {
  /** Of everything that has a fault in [from, to). */
  courses(range: CountedRange): Promise<{ nodes: NodeCourse[]; edges: EdgeCourse[] }>;
  /** By node, of those that have had a request. */
  expectations(nodes: readonly NodeKey[], range: CountedRange, incidents: readonly Incident[]): Promise<Map<string, KnownExpectation>>;
  counts(range: CountedRange): Promise<RequestGraph>;
  /** The start of the oldest stored slice of the range; null when there is none. */
  firstSlice(range: SliceRange): Promise<number | null>;
}

type Key = [name: string, type: string, account: string];
type CourseRow = [kind: number, ...caller: Key, ...key: Key, points: [slice: number, requests: number, faults: number][]];
type CountRow = [kind: number, ...caller: Key, ...key: Key, ok: number, fault: number, total: number, rows: number];
type ExpectationRow = [...key: Key, requests: number, faults: number, first: number];

export class StoredFaultReader implements FaultReader {
  constructor(private readonly client: ClickHouseClient) {}

  async courses(range: CountedRange): Promise<{ nodes: NodeCourse[]; edges: EdgeCourse[] }> {
    const rows = await this.rows<CourseRow>('fault-courses', { ...range, limit: maxCourses });
    const nodes = rows.filter(([kind]) => kind === 1).map((row) => ({ node: calleeOf(row), course: row[7] }));
    const edges = rows.filter(([kind]) => kind === 2).map((row) => ({ caller: callerOf(row), callee: calleeOf(row), course: row[7] }));
    return { nodes, edges };
  }

  async expectations(
    nodes: readonly NodeKey[],
    range: CountedRange,
    incidents: readonly Incident[],
  ): Promise<Map<string, KnownExpectation>> {
    const stored = (await this.headers(range)).filter(([period]) => period <= longestExpectedRow);
    const rows = await this.rows<ExpectationRow>('fault-expectations', {
      ...range,
      headers: tuples(chooseHeaders(stored, range)),
      nodes: tuples(nodes.map(keyOf)),
      incidents: tuples(incidents.map(({ node, from, to }) => [...keyOf(node), from, to])),
    });
    const known = rows.map(([name, type, accountId, requests, faults, firstSeconds]) => {
      return [nodeId({ name, type, accountId }), { requests, faults, firstSeconds }] as const;
    });
    return new Map(known);
  }

  async counts(range: CountedRange): Promise<RequestGraph> {
    let final: 0 | 1 = 0;
    for (let read = 1; read <= maxReads; read++) {
      const headers = chooseHeaders(await this.headers(range), range);
      const rows: CountRow[] = await this.rows('request-counts', { ...range, headers: tuples(headers) }, { final });
      const found = rows[0]?.[0] === 0 ? rows[0][10] : 0;
      if (found === headers.length) return graphOf(rows);
      final = found > headers.length ? 1 : 0;
    }
    throw new Error(`The graph changed ${maxReads} times while it was counted`);
  }

  async firstSlice(range: SliceRange): Promise<number | null> {
    const [row] = await rowsOf<[start: number]>(this.client, 'first-slice', { ...range });
    return row?.[0] ?? null;
  }

  private headers({ from, to, groupId }: CountedRange): Promise<Header[]> {
    return this.rows<Header>('graph-headers', { from, to, groupId });
  }

  private rows<Row extends unknown[]>(
    name: string,
    { groupId, ...params }: CountedRange & Record<string, unknown>,
    settings: ClickHouseSettings = {},
  ): Promise<Row[]> {
    const text = groupId === '' ? queryText(name) : groupText(name);
    return rowsOfText<Row>(this.client, text, { params: { ...params, group_id: groupId }, settings });
  }
}

function graphOf(rows: readonly CountRow[]): RequestGraph {
  const graph: RequestGraph = { nodes: [], edges: [] };
  for (const row of rows) {
    const counts = { ok: row[7], fault: row[8], total: row[9] };
    if (row[0] === 1) graph.nodes.push({ node: calleeOf(row), counts });
    if (row[0] === 2) graph.edges.push({ caller: callerOf(row), callee: calleeOf(row), counts });
  }
  return graph;
}

function callerOf([, name, type, accountId]: CourseRow | CountRow): NodeKey {
  return { name, type, accountId };
}

function calleeOf([, , , , name, type, accountId]: CourseRow | CountRow): NodeKey {
  return { name, type, accountId };
}

function keyOf({ name, type, accountId }: NodeKey): Key {
  return [name, type, accountId];
}

function tuples(rows: readonly (readonly unknown[])[]): TupleParam[] {
  return rows.map((row) => new TupleParam(row));
}
