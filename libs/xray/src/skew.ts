/**
 * Hints about clocks that disagree: for each pair of nodes that call each other, how far the callee's clock seems to be
 * ahead of the caller's. A hint for a reader; nothing is ever corrected by it.
 *
 * A callee works while its caller waits, so a callee that does not fit into its call had another clock. One that takes
 * longer than the call (it answered early, or not at all), or that takes its work from a queue, can only be said to have
 * started before it was called.
 */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { type Entity, entityKinds } from './entities.js';
import { isMessaging } from './inferred.js';
import { edgeId } from './node-key.js';
import { type TraceView, viewTrace } from './trace-view.js';

/** Many SDKs round to the millisecond, at both ends: less than this is no disagreement. */
export const minSkewMicros = 2_000;

export interface SkewHint {
  caller: NodeKey;
  callee: NodeKey;
  /** Median estimate: add it to the caller's clock to read the callee's. */
  offsetMicros: number;
  /** Calls that did not fit, of `calls` that were looked at. */
  misfits: number;
  calls: number;
}

interface Pair {
  caller: NodeKey;
  callee: NodeKey;
  offsets: number[];
  calls: number;
}

/** `traces` are lists of documents, one list for each trace. */
export function findSkew(traces: readonly (readonly SegmentDocument[])[]): SkewHint[] {
  return findSkewOfViews(traces.map(viewTrace));
}

/** As `findSkew`, of traces that are put together already. */
export function findSkewOfViews(views: readonly TraceView[]): SkewHint[] {
  const pairs = new Map<string, Pair>();
  for (const view of views) addTrace(pairs, view);
  return [...pairs.values()].filter(({ offsets }) => offsets.length > 0).map(hintOf);
}

function addTrace(pairs: Map<string, Pair>, view: TraceView): void {
  for (const { entity } of view.entities.values()) {
    const caller = entity.kind === entityKinds.segment ? view.callingSegmentOf(entity) : undefined;
    if (caller !== undefined) addCall(pairs, { call: caller, owner: caller.node ?? undefined, child: entity });
    for (const childId of view.calleesOf(entity.id)) {
      addCall(pairs, { call: entity, owner: view.ownerOf(entity), child: view.entities.get(childId)?.entity });
    }
  }
}

function addCall(pairs: Map<string, Pair>, { call, owner, child }: { call: Entity; owner?: NodeKey; child?: Entity }): void {
  if (owner === undefined || !child?.node || call.inProgress || child.inProgress) return;
  const id = edgeId(owner, child.node);
  const pair = pairs.get(id) ?? { caller: owner, callee: child.node, offsets: [], calls: 0 };
  pairs.set(id, pair);
  pair.calls++;
  const offset = offsetOf(call, child);
  if (Math.abs(offset) >= minSkewMicros) pair.offsets.push(offset);
}

/** 0 when the child fits into the call but for rounding; else the middle of the offsets that would make it fit. */
function offsetOf(call: Entity, child: Entity): number {
  const most = child.startMicros - call.startMicros;
  const least = most + child.responseMicros - call.responseMicros;
  if (least > most || isMessaging(call.node?.type ?? '')) return most > -minSkewMicros ? 0 : most;
  return least < minSkewMicros && most > -minSkewMicros ? 0 : Math.round((least + most) / 2);
}

function hintOf({ caller, callee, offsets, calls }: Pair): SkewHint {
  const sorted = offsets.toSorted((left, right) => left - right);
  return { caller, callee, offsetMicros: sorted[sorted.length >> 1] ?? 0, misfits: offsets.length, calls };
}
