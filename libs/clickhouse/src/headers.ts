/**
 * Which stored rows make up a range. For every slice: of the rows that hold it, lie in the range and are not older than one
 * of the slices they hold, the longest. So a long range reads few rows, and a late document is never left out.
 */
import { sliceSeconds } from '@fluoroscope/contract/graph';

/** Rows that hold many slices, in seconds, each a multiple of the one before. */
export const longPeriods = [60, 600, 3_600] as const;

/** The version of a slice, or of a longer row, that a reader takes. */
export type Header = [period: number, start: number, shard: number, version: number];

export function chooseHeaders(headers: readonly Header[], { from, to }: { from: number; to: number }): Header[] {
  const current = currentRows(headers);
  const chosen = new Map<string, Header>();
  for (const slice of headers) {
    if (slice[0] !== sliceSeconds) continue;
    const header = longestOver(slice, current, { from, to });
    chosen.set(idOf(header), header);
  }
  return [...chosen.values()];
}

function longestOver(slice: Header, current: ReadonlyMap<string, Header>, { from, to }: { from: number; to: number }): Header {
  for (const period of longPeriods.toReversed()) {
    const header = current.get(idOf(holderOf(slice, period)));
    if (header !== undefined && header[1] >= from && header[1] + period <= to) return header;
  }
  return slice;
}

/** Longer rows by identity, without those that one of their slices has outrun. */
function currentRows(headers: readonly Header[]): Map<string, Header> {
  const rows = new Map<string, Header>();
  for (const header of headers) if (header[0] !== sliceSeconds) rows.set(idOf(header), header);
  for (const slice of headers) {
    if (slice[0] !== sliceSeconds) continue;
    for (const period of longPeriods) {
      const id = idOf(holderOf(slice, period));
      if ((rows.get(id)?.[3] ?? slice[3]) < slice[3]) rows.delete(id);
    }
  }
  return rows;
}

/** The row of `period` seconds that holds a slice. */
function holderOf([, start, shard, version]: Header, period: number): Header {
  return [period, Math.floor(start / period) * period, shard, version];
}

function idOf([period, start, shard]: Header): string {
  return `${period} ${start} ${shard}`;
}
