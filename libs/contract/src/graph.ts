/**
 * The service graph of one slice, as it travels from the writer to the api (by shard), from the api to the browser, and out
 * of ClickHouse. Rows are labelled tuples: at 10 Hz the size of a frame is its cost, and member names would double it.
 *
 * A slice is 10 seconds of start time. Values are absolute for the slice, so a lost row costs freshness only.
 */

/** Length of a slice. A slice's number is `floor(start_time / sliceSeconds)`. */
export const sliceSeconds = 10;

/** Node identity: X-Ray draws two nodes for one name with two types (Lambda). Type and account are '' when absent. */
export interface NodeKey {
  name: string;
  type: string;
  accountId: string;
}

/** The type of the node that stands for the callers from outside. */
export const clientType = 'client';
/** The name that nodes and edges beyond a slice's limit are folded into, type by type. */
export const otherName = 'other';

/**
 * Outcomes are exclusive: fault (5xx) over throttle (429) over error (4xx) over ok. Only completed work is counted;
 * `inProgress` is what has begun and not ended.
 * `histogram` is flat: bucket, count, bucket, count (see libs/xray histogram for the buckets).
 */
export type StatisticsRow = [
  ok: number,
  error: number,
  throttle: number,
  fault: number,
  inProgress: number,
  totalMicros: number,
  histogram: number[],
];

/** `root`: some trace starts here. `inferred`: known only from its callers. */
export type NodeRow = [name: string, type: string, accountId: string, root: boolean, inferred: boolean, statistics: StatisticsRow];

/**
 * Statistics are the caller's view. The caller of a client edge is `[root's name, 'client', '']`.
 * A `link` leads from where a message was taken to who received it: it counts messages (all `ok`), and its times are their ages.
 */
export type EdgeRow = [
  caller: [name: string, type: string, accountId: string],
  callee: [name: string, type: string, accountId: string],
  statistics: StatisticsRow,
  type?: EdgeType,
];
export type EdgeType = 'link';

/** What one slice holds, or the rows of it that changed. */
export interface SliceRows {
  /** floor(epoch seconds / 10). */
  slice: number;
  /** True: these rows are the whole slice as stored, and replace what was known. False: these rows changed. */
  stored: boolean;
  nodes: NodeRow[];
  edges: EdgeRow[];
}

/** The part of a slice that one partition of the log holds; the parts add up. */
export interface ShardRows extends SliceRows {
  shard: number;
}

/** Most nodes and edges of one slice; the rest folds into `other` of its type, and is counted. */
export const maxNodesPerSlice = 10_000;
export const maxEdgesPerSlice = 50_000;
