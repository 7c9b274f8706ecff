/**
 * How many requests came in: segments without a parent, which is one for nearly every trace. The stored graph has counted
 * them, as edges from clients; only slices at the ends of a range, and those that it does not have yet, are counted here.
 */
import { TupleParam } from '@clickhouse/client';
import { clientType, sliceSeconds } from '@fluoroscope/contract/graph';
import type { OutcomeName } from '@fluoroscope/contract/traces';
import { type ClickHouseClient, rowsOf } from './clickhouse.js';
import { chooseHeaders, type Header } from './headers.js';

/** Of slices that have to be counted segment by segment; the oldest are left out, as when storage is far behind. */
const maxCountedSlices = 360;
/** How often a count is begun anew because what it counted was put in place again meanwhile. */
const maxReads = 4;

export interface RequestCount {
  total: number;
  isAtLeast: boolean;
}

type StaleSlice = [slice: number, shard: number, version: number];

interface CountedWhere {
  headers: Header[];
  /** Newest first. */
  uncounted: StaleSlice[];
  /** Slices that lie partly outside, of all shards. */
  ends: number[];
}

/** Of [from, to) epoch seconds, with one of these outcomes; none for all. What is in progress counts as ok. */
export async function countRequests(
  client: ClickHouseClient,
  range: { from: number; to: number },
  wanted: readonly OutcomeName[],
): Promise<RequestCount> {
  let final: 0 | 1 = 0;
  for (let read = 1; read <= maxReads; read++) {
    const { headers, uncounted, ends } = await whereCounted(client, range);
    const counted = uncounted.slice(0, maxCountedSlices);
    const params = {
      headers: headers.map((header) => new TupleParam(header)),
      slices: [...new Set([...ends, ...counted.map(([slice]) => slice)])],
      ends,
      uncounted: counted.map(([slice, shard]) => new TupleParam([slice, shard])),
      from: Math.round(range.from * 1e6),
      to: Math.round(range.to * 1e6),
      client: clientType,
      ...outcomeParams(wanted),
    };
    const [row]: [total: number, found: number][] = await rowsOf(client, 'total-requests', params, { final });
    if (row?.[1] === headers.length) return { total: row[0], isAtLeast: uncounted.length > counted.length };
    final = (row?.[1] ?? 0) > headers.length ? 1 : 0;
  }
  throw new Error(`The graph changed ${maxReads} times while it was counted`);
}

/** Rows of the stored graph that lie within the range, and what is in none of them: slices of some shards, and the ends of the range. */
async function whereCounted(client: ClickHouseClient, range: { from: number; to: number }): Promise<CountedWhere> {
  const [first, last] = [Math.floor(range.from / sliceSeconds), Math.ceil(range.to / sliceSeconds) - 1];
  const whole = { from: Math.ceil(range.from / sliceSeconds) * sliceSeconds, to: Math.floor(range.to / sliceSeconds) * sliceSeconds };
  const ends = [...new Set([first, last])].filter((slice) => slice * sliceSeconds < whole.from || (slice + 1) * sliceSeconds > whole.to);
  const stale = await rowsOf<StaleSlice>(client, 'uncounted-slices', { first_slice: first, last_slice: last });
  // Read second, rows of all lengths at one moment: what is put in place meanwhile counts once, as it stands there.
  const known = await rowsOf<Header>(client, 'graph-headers', whole);
  const computed = new Map(known.map(([period, start, shard, version]) => [`${period} ${start} ${shard}`, version]));
  const isMissing = ([slice, shard, version]: StaleSlice) =>
    !ends.includes(slice) && (computed.get(`${sliceSeconds} ${slice * sliceSeconds} ${shard}`) ?? 0) < version;
  const uncounted = stale.filter(isMissing).sort(([left], [right]) => right - left);
  // A slice that its own row does not have yet is in no longer row either.
  const missing = new Set(uncounted.map(([slice, shard, version]): Header => [sliceSeconds, slice * sliceSeconds, shard, version]));
  const headers = chooseHeaders([...known, ...missing], whole).filter((header) => !missing.has(header));
  return { headers, uncounted, ends };
}

function outcomeParams(wanted: readonly OutcomeName[]): Record<string, boolean> {
  const has = (name: OutcomeName) => wanted.length === 0 || wanted.includes(name);
  return { with_ok: has('ok'), with_error: has('error'), with_throttle: has('throttle'), with_fault: has('fault') };
}
