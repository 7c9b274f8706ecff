import type { Deployment } from '@fluoroscope/contract/deployments';
import type { ShardRows } from '@fluoroscope/contract/graph';
import type { LiveInterest, LiveTraces } from '@fluoroscope/contract/live';

/** The writer's deltas, however they travel. */
export interface LiveSource {
  /** Calls `listener` with the rows that changed, in order; the answer ends it. */
  onSlices(listener: (rows: ShardRows[]) => void): () => void;
  /** As `onSlices`, with what `watch` has asked for. */
  onTraces(listener: (traces: LiveTraces) => void): () => void;
  /** Replaces what was asked for before. Nothing is told of traces until it is called. */
  watch(interest: LiveInterest): void;
  onDeployments(listener: (deployments: Deployment[]) => void): () => void;
}
