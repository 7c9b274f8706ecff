/** Reads service graphs out of the stored slices. */
import type { SliceRows } from '@fluoroscope/contract/graph';
import type { ServiceGraph } from '@fluoroscope/xray/service-graph';

export interface GraphReader {
  /** The graph of [from, to), epoch seconds, widened to whole slices; `from` and `to` of the answer say how far. */
  serviceGraph(from: number, to: number): Promise<{ from: number; to: number; graph: ServiceGraph; folded: number }>;
  /** Stored slices, first to last inclusive, as the live stream carries them. */
  slices(first: number, last: number): Promise<SliceRows[]>;
}
