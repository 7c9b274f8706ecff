/**
 * Relations between the entities of one trace: which call reached which segment, and which node owns a streamed
 * subsegment. They are what turns a call's inferred node into the real one, and they are facts of their own, so that a
 * callee that arrives days later adds a row and changes none.
 */
import type { NodeKey } from '@fluoroscope/contract/graph';
import type { Entity } from './entities.js';

export type Relation =
  /**
   * A segment names a subsegment as parent. `callId` is the subsegment that makes the edge (see Entity.callId). The edge
   * has the call's statistics and lies in the call's slice. One call with callees on two nodes makes two edges; two
   * callees on one node make one.
   */
  | { kind: 'callee'; callId: string; childId: string; node: NodeKey }
  /**
   * `id` is a streamed subsegment and `node` the segment's node that it belongs to through any number of parents; or
   * `id` is a segment whose parent is a segment (a Lambda pair) and `node` is that parent's: the edge has the child's
   * own statistics and lies in the child's slice.
   */
  | { kind: 'owner'; id: string; node: NodeKey };

/** All relations that the entities of one trace have, winning versions only. Linear; cycles and orphans relate to nothing. */
export declare function relateTrace(entities: readonly Entity[]): Relation[];
