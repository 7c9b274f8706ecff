/**
 * Tells the live view what has been put in place: each slice is read back and takes the place of its live rows.
 *
 * Reads may overtake each other. What a slice was before is not told any more when a later read of it was begun: nobody would take
 * that back, for the slice is not computed again.
 */
import type { GraphReader } from '@fluoroscope/clickhouse/graph-reader';
import { type ShardRows, sliceSeconds } from '@fluoroscope/contract/graph';
import { liveWindowSeconds } from '@fluoroscope/contract/live';

export interface StoredSlicesOptions {
  graph: Pick<GraphReader, 'slices'>;
  shard: number;
  /** The live rows know documents that the stored ones do not have yet, which are then not told: they will be put in place again. */
  isAheadOfStorage: (slice: number) => boolean;
  publish: (rows: ShardRows[]) => void;
  logger: { warn(message: string): void };
}

export class StoredSlices {
  /** Which read of a slice was begun last. */
  private readonly newest = new Map<number, symbol>();

  constructor(private readonly options: StoredSlicesOptions) {}

  tell(slice: number): void {
    if ((slice + 1) * sliceSeconds < Date.now() / 1000 - liveWindowSeconds) return;
    const read = Symbol();
    this.newest.set(slice, read);
    this.read(slice, read)
      .catch((error: unknown) => this.options.logger.warn(`A stored slice could not be read: ${String(error)}`))
      .finally(() => {
        if (this.newest.get(slice) === read) this.newest.delete(slice);
      });
  }

  private async read(slice: number, read: symbol): Promise<void> {
    const { graph, shard, isAheadOfStorage, publish } = this.options;
    const rows = await graph.slices(slice, slice, { shard });
    if (this.newest.get(slice) !== read || isAheadOfStorage(slice)) return;
    publish(rows.length > 0 ? rows : [{ slice, shard, stored: true, nodes: [], edges: [] }]);
  }
}
