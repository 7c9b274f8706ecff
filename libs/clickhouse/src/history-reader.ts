/**
 * The service graph over time, out of the stored slices, minutes and hours: the whole graph period by period, or one node
 * or edge as a course of points. A period whose own row is missing, or older than one of its slices, is put together of
 * shorter rows, and named in `incomplete`. A group has no longer rows than those of its slices.
 */
import {
  clientType,
  type EdgeRow,
  type EdgeType,
  type NodeKey,
  type SliceRows,
  type StatisticsRow,
  sliceSeconds,
} from '@fluoroscope/contract/graph';
import type { HistoryPeriod } from '@fluoroscope/contract/history';
import type { EntitySelection } from '@fluoroscope/xray/entity-selector';
import type { NodeSelector } from '@fluoroscope/xray/filter/expression';
import { type ClickHouseClient, queryText, rowsOf, rowsOfText } from './clickhouse.js';
import { edgeRow } from './graph-reader.js';
import { groupText } from './groups.js';

/** Nodes and edges of one answer, over all its periods: about 25 MB of JSON. */
const maxRows = 100_000;
/** How often a read is begun anew because what it read was put in place again meanwhile. */
const maxReads = 4;

export interface HistoryRange {
  /** Whole periods, epoch seconds. */
  from: number;
  to: number;
  period: HistoryPeriod;
  /** Of what the members of a group contribute; without it, of everything. */
  groupId?: string | undefined;
}

export type HistorySubject = { node: NodeKey } | { caller: NodeKey; callee: NodeKey; type?: EdgeType };

export interface HistoryReader {
  /** The periods that hold anything, in order; of a group none is `incomplete`. Throws `TooManyRows` when they hold more than one answer may. */
  slices(range: HistoryRange): Promise<{ slices: SliceRows[]; incomplete: number[] }>;
  /** The periods in which there was anything of the subject, in order. */
  series(range: HistoryRange, subject: HistorySubject): Promise<{ points: [start: number, StatisticsRow][]; incomplete: number[] }>;
  /** Sums over every node or edge that the selection means, all edges without one, of the periods that hold any; in order. */
  course(range: CourseRange, selection: EntitySelection | null): Promise<[start: number, StatisticsRow][]>;
}

/** A course over all nodes or edges of a selection: of whole periods, epoch seconds. */
export interface CourseRange {
  from: number;
  to: number;
  period: 60 | 300;
  /** Of what the members of a group contribute; without it, of everything. */
  groupId?: string | undefined;
}

/** The graph of this range is too large for one answer. */
export class TooManyRows extends Error {
  override readonly name = 'TooManyRows';
}

type Key = [name: string, type: string, account: string];
type Row = [begin: number, kind: number, ...caller: Key, ...key: Key, root: number, inferred: number, ...counts: Counts, found: number];
type CourseRow = [start: number, ...counts: Counts, rows: number, found: number];
type Counts = [
  ok: number,
  error: number,
  throttle: number,
  fault: number,
  inProgress: number,
  totalMicros: number,
  histogram: StoredHistogram,
];
type StoredHistogram = [buckets: number[], counts: number[]];

const noKey: NodeKey = { name: '', type: '', accountId: '' };

export class StoredHistoryReader implements HistoryReader {
  constructor(private readonly client: ClickHouseClient) {}

  async slices(range: HistoryRange): Promise<{ slices: SliceRows[]; incomplete: number[] }> {
    const { rows, incomplete } = await this.read(range, { kinds: [0, 1, 2, 3], all: 1, ...keyParams(noKey, noKey) });
    if (rows.length > maxRows) throw new TooManyRows(`The graph of this range has more than ${maxRows} rows`);
    return { slices: slicesOf(rows), incomplete };
  }

  async series(range: HistoryRange, subject: HistorySubject): Promise<{ points: [number, StatisticsRow][]; incomplete: number[] }> {
    const key = 'node' in subject ? keyParams(noKey, subject.node) : keyParams(subject.caller, subject.callee);
    const { rows, incomplete } = await this.read(range, { kinds: [0, kindOf(subject)], all: 0, ...key });
    return { points: rows.map((row) => [row[0], countsOf(row)]), incomplete };
  }

  async course({ from, to, period, groupId }: CourseRange, selection: EntitySelection | null): Promise<[number, StatisticsRow][]> {
    const textOf = groupId === undefined ? queryText : groupText;
    const group = { group_id: groupId ?? '' };
    const range = { from, to, period: 60, ...group };
    const kind = selection?.kind === 'node' ? 1 : 2;
    const what = { period, kind, ...selectorParams(selection), client: clientType, ...group };
    return anew(async () => {
      const { headers } = headersOf(await rowsOfText<Header>(this.client, textOf('history-headers'), { params: range }), range.period);
      if (headers.length === 0) return [];
      const params = { ...what, headers: tuplesOf(headers) };
      const rows = await rowsOfText<CourseRow>(this.client, textOf('time-series'), { params });
      if (rows.reduce((sum, [, , , , , , , , , found]) => sum + found, 0) !== headers.length) return null;
      return rows.filter(([, , , , , , , , added]) => added > 0).map(([start, ...counts]) => [start, statisticsOf(counts)]);
    });
  }

  private async read(
    { from, to, period, groupId }: HistoryRange,
    what: Record<string, unknown>,
  ): Promise<{ rows: Row[]; incomplete: number[] }> {
    // A row of kind 0 a period, beside those of which there is one more than an answer may have.
    const limit = maxRows + 1 + Math.ceil((to - from) / period);
    if (groupId !== undefined) {
      const rows = await this.readGroup({ from, to, period, group_id: groupId, ...what, limit });
      return { rows: withoutHeaders(rows), incomplete: [] };
    }
    return anew(async () => {
      const { headers, incomplete } = headersOf(await rowsOf<Header>(this.client, 'history-headers', { from, to, period }), period);
      if (headers.length === 0) return { rows: [], incomplete };
      const rows = await rowsOf<Row>(this.client, 'graph-history', { ...what, period, headers: tuplesOf(headers), limit });
      const isWhole = rows.length === limit || headersIn(rows) === headers.length;
      return isWhole ? { rows: withoutHeaders(rows), incomplete } : null;
    });
  }

  /** The versions are chosen by the statement that reads them. */
  private readGroup(params: Record<string, unknown>): Promise<Row[]> {
    const text = groupText('graph-history').replace(chosenHeaders, () => `(${queryText('group-history-headers')})`);
    return rowsOfText<Row>(this.client, text, { params, settings: { enable_shared_storage_snapshot_in_query: 1 } });
  }
}

/** What a read gives that found everything in place that it had chosen; null says that it did not. */
async function anew<Answer>(read: () => Promise<Answer | null>): Promise<Answer> {
  for (let reads = 1; reads <= maxReads; reads++) {
    const answer = await read();
    if (answer !== null) return answer;
  }
  throw new Error(`The graph changed ${maxReads} times while it was read`);
}

function headersIn(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => (row[1] === 0 ? sum + row[17] : sum), 0);
}

function withoutHeaders(rows: readonly Row[]): Row[] {
  return rows.filter(([, kind]) => kind !== 0);
}

/** Of `graph-history`. */
const chosenHeaders = /\/\* headers \*\/\{[^}]*\}/;

export type Header = [period: number, start: number, shard: number, version: number];

/**
 * For every slice the longest row, up to the period, that holds it and is not older than any slice that it holds. So each
 * slice is counted once, and a late document is never left out.
 */
export function headersOf(found: readonly Header[], period: number): { headers: Header[]; incomplete: number[] } {
  const slices = found.filter(([length]) => length === sliceSeconds);
  const longer = found.filter(([length]) => length !== sliceSeconds && period % length === 0).sort(([left], [right]) => right - left);
  const rows = new Map(longer.map((header) => [idOf(header), header]));
  const lengths = [...new Set(longer.map(([length]) => length))];
  for (const slice of slices) {
    for (const length of lengths) {
      const id = idOf(holderOf(slice, length));
      if ((rows.get(id)?.[3] ?? slice[3]) < slice[3]) rows.delete(id);
    }
  }
  const chosen = new Map<string, Header>();
  const incomplete = new Set<number>();
  for (const slice of slices) {
    const holder = lengths.map((length) => rows.get(idOf(holderOf(slice, length)))).find((row) => row !== undefined) ?? slice;
    chosen.set(idOf(holder), holder);
    if (holder[0] !== period) incomplete.add(Math.floor(slice[1] / period) * period);
  }
  return { headers: [...chosen.values()], incomplete: [...incomplete].sort((left, right) => left - right) };
}

function holderOf([, start, shard, version]: Header, length: number): Header {
  return [length, Math.floor(start / length) * length, shard, version];
}

function idOf([length, start, shard]: Header): string {
  return `${length} ${start} ${shard}`;
}

function tuplesOf(headers: readonly Header[]): string {
  return `[${headers.map((header) => `(${header.join(',')})`).join(',')}]`;
}

function selectorParams(selection: EntitySelection | null): Record<string, unknown> {
  const selectors = selectorsOf(selection);
  const names = selectors.map((wanted) => wanted[3]?.[0]);
  const any_name = Number(selectors.length === 0 || names.includes(undefined));
  return { selectors, any_name, names: names.filter((name) => name !== undefined) };
}

/** Of each selector what it wants of the caller's name, type and account, then of the callee's, or the node's. */
function selectorsOf(selection: EntitySelection | null): string[][][] {
  if (selection === null) return [];
  const anyone: NodeSelector = {};
  const pairs = selection.kind === 'node' ? selection.selectors.map((callee) => ({ caller: anyone, callee })) : selection.selectors;
  return pairs.map(({ caller, callee }) => [...wantedOf(caller), ...wantedOf(callee)]);
}

function wantedOf({ name, type, accountId }: NodeSelector): string[][] {
  return [name, type, accountId].map((value) => (value === undefined ? [] : [value]));
}

/** Of rows in the table. */
function kindOf(subject: HistorySubject): number {
  if ('node' in subject) return 1;
  return subject.type === 'link' ? 3 : 2;
}

function keyParams(caller: NodeKey, key: NodeKey): Record<string, string> {
  const { name, type, accountId: account_id } = key;
  return { caller_name: caller.name, caller_type: caller.type, caller_account_id: caller.accountId, name, type, account_id };
}

function slicesOf(rows: readonly Row[]): SliceRows[] {
  const slices: SliceRows[] = [];
  let last: SliceRows | undefined;
  for (const row of rows) {
    const [begin, kind, callerName, callerType, callerAccount, name, type, account, root, inferred] = row;
    const slice = begin / sliceSeconds;
    if (last?.slice !== slice) {
      last = { slice, stored: true, nodes: [], edges: [] };
      slices.push(last);
    }
    const statistics = countsOf(row);
    const caller: EdgeRow[0] = [callerName, callerType, callerAccount];
    if (kind === 1) last.nodes.push([name, type, account, root === 1, inferred === 1, statistics]);
    else last.edges.push(edgeRow(kind, { caller, callee: [name, type, account], statistics }));
  }
  return slices;
}

function statisticsOf([ok, error, throttle, fault, inProgress, totalMicros, histogram]: [...Counts, ...number[]]): StatisticsRow {
  return [ok, error, throttle, fault, inProgress, totalMicros, histogramOf(histogram)];
}

function countsOf(row: Row): StatisticsRow {
  const [, , , , , , , , , , ...counts] = row;
  return statisticsOf(counts);
}

/** The one place that knows how the query gives histograms: to flat pairs of bucket and count. */
function histogramOf([buckets, counts]: StoredHistogram): number[] {
  return buckets.flatMap((bucket, at) => [bucket, counts[at] ?? 0]);
}
