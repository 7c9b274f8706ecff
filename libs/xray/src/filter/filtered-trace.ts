/** One trace as filter expressions look at it: its root, what ran on which node, who called whom, and its indexed values. */
import type { AnnotationValue, EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import { clientType, type NodeKey } from '@fluoroscope/contract/graph';
import { keptAnnotations } from '../annotations.js';
import { entityKinds, outcomeOf, outcomes } from '../entities.js';
import { type RootCauses, rootCausesOf } from '../root-causes.js';
import { rootOf, serviceOf } from '../summary.js';
import { type TraceEntity, type TraceView, viewTrace } from '../trace-view.js';

/** A segment, an inferred segment or a call, on the node that it is said of. */
export interface NodeItem extends TraceEntity {
  node: NodeKey;
  /** The node is known from what called it only. */
  inferred: boolean;
}

/** A call from the caller's view; between segments without a subsegment, the callee's. */
export interface CallItem extends TraceEntity {
  caller: NodeKey;
  callee: NodeKey;
  /** Of the callee. */
  inferred: boolean;
}

export interface Flags {
  ok: boolean;
  error: boolean;
  throttle: boolean;
  fault: boolean;
}

export class FilteredTrace {
  readonly root: TraceEntity | undefined;
  /** Segments, calls that no segment answered, and the client in front of each segment without a parent. */
  readonly nodes: readonly NodeItem[];
  readonly segments: readonly NodeItem[];
  private readonly view: TraceView;
  private knownCalls: readonly CallItem[] | null = null;
  private knownAnnotations: ReadonlyMap<string, readonly AnnotationValue[]> | null = null;
  private knownCauses: RootCauses | null = null;

  /** `documents` are of one trace, in order of arrival. */
  constructor(documents: readonly SegmentDocument[]) {
    this.view = viewTrace(documents);
    const items = [...this.view.entities.values()];
    this.nodes = items.flatMap((item) => nodesOf(item, this.view));
    this.segments = this.nodes.filter(({ entity, node }) => entity.kind === entityKinds.segment && node.type !== clientType);
    this.root = rootOf(
      items.filter(({ entity }) => entity.kind === entityKinds.segment),
      this.view,
    );
  }

  get calls(): readonly CallItem[] {
    this.knownCalls ??= [...this.view.entities.values()].flatMap((item) => callsOf(item, this.view));
    return this.knownCalls;
  }

  get rootCauses(): RootCauses {
    this.knownCauses ??= rootCausesOf(this.view, this.root);
    return this.knownCauses;
  }

  /** Of every segment and subsegment. */
  annotations(key: string): readonly AnnotationValue[] {
    this.knownAnnotations ??= annotationsOf(this.view);
    return this.knownAnnotations.get(key) ?? [];
  }

  get isPartial(): boolean {
    return [...this.view.entities.values()].some(({ entity }) => entity.inProgress);
  }

  get hasInferred(): boolean {
    return this.nodes.some(({ inferred }) => inferred);
  }

  /** From the root's start to the last end of anything; undefined without a root. */
  get durationSeconds(): number | undefined {
    if (this.root === undefined) return undefined;
    let endMicros = 0;
    for (const { entity } of this.view.entities.values()) endMicros = Math.max(endMicros, entity.startMicros + entity.responseMicros);
    return Math.max(0, endMicros - this.root.entity.startMicros) / 1e6;
  }
}

/** As they were set (Node sets error and fault for a failed AWS call); where none was set, by the status. */
export function flagsOf(source: EntityDocument): Flags {
  const outcome = outcomeOf(source);
  const throttle = source.throttle === true || outcome === outcomes.throttle;
  return {
    ok: outcome === outcomes.ok,
    error: source.error === true || throttle || outcome === outcomes.error,
    throttle,
    fault: outcome === outcomes.fault,
  };
}

function nodesOf(item: TraceEntity, view: TraceView): NodeItem[] {
  const { entity } = item;
  const node = entity.kind === entityKinds.step ? null : serviceOf(entity, view.ownerOf(entity), view);
  if (node === null) return [];
  const own = { ...item, node, inferred: entity.inferred || entity.kind === entityKinds.call };
  if (entity.kind !== entityKinds.segment || entity.parentId !== '') return [own];
  return [own, { ...item, node: clientOf(node), inferred: true }];
}

function callsOf(item: TraceEntity, view: TraceView): CallItem[] {
  const { entity } = item;
  if (entity.kind === entityKinds.segment) return callsOfSegment(item, view);
  const caller = view.ownerOf(entity);
  if (caller === undefined) return [];
  const reached = view.calleesOf(entity.id).flatMap((id) => view.entities.get(id) ?? []);
  if (reached.length === 0) return entity.node === null ? [] : [{ ...item, caller, callee: entity.node, inferred: true }];
  return reached.flatMap(({ entity: { node, inferred } }) => (node === null ? [] : [{ ...item, caller, callee: node, inferred }]));
}

function callsOfSegment(item: TraceEntity, view: TraceView): CallItem[] {
  const { node, parentId, inferred } = item.entity;
  if (node === null) return [];
  const calling = view.callingSegmentOf(item.entity)?.node;
  if (calling) return [{ ...item, caller: calling, callee: node, inferred }];
  return parentId === '' ? [{ ...item, caller: clientOf(node), callee: node, inferred }] : [];
}

/** In front of a node that traces start at. */
function clientOf({ name }: NodeKey): NodeKey {
  return { name, type: clientType, accountId: '' };
}

function annotationsOf(view: TraceView): Map<string, AnnotationValue[]> {
  const values = new Map<string, AnnotationValue[]>();
  for (const { source } of view.entities.values()) {
    for (const [key, value] of keptAnnotations(source)) {
      const known = values.get(key);
      if (known === undefined) values.set(key, [value]);
      else known.push(value);
    }
  }
  return values;
}
