import type { SliceRows } from '@fluoroscope/contract/graph';

/** The writer's deltas, however they travel. */
export interface LiveSource {
  /** Calls `listener` with the rows that changed, in order; the answer ends it. */
  onSlices(listener: (rows: SliceRows[]) => void): () => void;
}
