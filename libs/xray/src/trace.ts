/**
 * A trace as BatchGetTraces gives it: one document for each segment, with its streamed subsegments attached, without the
 * members that X-Ray does not keep, and with one more document for each inferred segment.
 *
 * Linear but for sorting siblings, iterative at any depth, and lossless for what X-Ray keeps. A streamed subsegment whose
 * parent is not there is a document of its own; so is the first of a cycle. Nothing of AWS's trace size limit is applied.
 */
import type { EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import { type Entity, entityKinds } from './entities.js';
import { hex32 } from './ids.js';
import { awsServiceName, resourceOf } from './inferred.js';
import { jsonText } from './json-text.js';
import { keptMembers, segmentMembers } from './kept-members.js';
import { isDelivery } from './links.js';
import { type TraceEntity, type TraceView, viewTrace } from './trace-view.js';

export interface TraceDocument {
  id: string;
  /** JSON. */
  document: string;
}

export interface MergedTrace {
  traceId: string;
  /** Segments first, then orphaned subsegments, then inferred segments. */
  documents: TraceDocument[];
  /** From the earliest start to the latest end of its segments (or, without any, of its orphans). */
  durationSeconds: number;
  /** Something in it is still in progress. */
  isPartial: boolean;
}

/** `documents` are of one trace, in order of arrival. */
export function mergeTrace(documents: readonly SegmentDocument[]): MergedTrace {
  const view = viewTrace(documents);
  const tree = new TraceTree(view);
  const inferred = [...view.entities.values()].flatMap((call) => inferredSegment(call, view));
  return {
    traceId: view.traceId,
    documents: [...tree.documents(), ...inferred],
    durationSeconds: durationOf(tree.roots) / 1e6,
    isPartial: [...view.entities.values()].some(({ entity }) => entity.inProgress),
  };
}

/** Who is attached to whom. */
class TraceTree {
  readonly roots: TraceEntity[] = [];
  private readonly children = new Map<string, TraceEntity[]>();

  constructor(private readonly view: TraceView) {
    const orphans: TraceEntity[] = [];
    for (const item of view.entities.values()) {
      if (item.entity.kind === entityKinds.segment) this.roots.push(item);
      else if (view.entities.has(item.entity.parentId)) this.attach(item);
      else orphans.push(item);
    }
    this.roots.push(...orphans);
    for (const siblings of this.children.values()) siblings.sort((left, right) => left.entity.startMicros - right.entity.startMicros);
    this.cutCycles();
  }

  documents(): TraceDocument[] {
    return this.roots.map((root) => ({ id: root.entity.id, document: this.textOf(root) }));
  }

  private attach(item: TraceEntity): void {
    const siblings = this.children.get(item.entity.parentId);
    if (siblings === undefined) this.children.set(item.entity.parentId, [item]);
    else siblings.push(item);
  }

  /** What no root reaches hangs in a cycle: its first member becomes a root, and leaves its parent. */
  private cutCycles(): void {
    const reached = new Set<string>();
    for (const root of this.roots) this.reach(root, reached);
    for (const item of this.view.entities.values()) {
      if (reached.has(item.entity.id)) continue;
      const siblings = this.children.get(item.entity.parentId) ?? [];
      this.children.set(
        item.entity.parentId,
        siblings.filter((sibling) => sibling !== item),
      );
      this.roots.push(item);
      this.reach(item, reached);
    }
  }

  private reach(root: TraceEntity, reached: Set<string>): void {
    const pending = [root];
    for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
      reached.add(item.entity.id);
      for (const child of this.children.get(item.entity.id) ?? []) pending.push(child);
    }
  }

  /** Written piece by piece: a chain of streamed subsegments is deeper than a stack. */
  private textOf(root: TraceEntity): string {
    const pieces: string[] = [];
    const pending: (TraceEntity | string)[] = [root];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (typeof next === 'string') pieces.push(next);
      else this.open(next, next === root, { pieces, pending });
    }
    return pieces.join('');
  }

  private open(item: TraceEntity, isRoot: boolean, { pieces, pending }: { pieces: string[]; pending: (TraceEntity | string)[] }): void {
    const text = jsonText(keptMembers(item.source, isRoot ? this.rootKind(item) : 'embedded'));
    const children = this.children.get(item.entity.id) ?? [];
    if (children.length === 0) {
      pieces.push(text);
      return;
    }
    pieces.push(text.slice(0, -1), ',"subsegments":[');
    pending.push(']}');
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i];
      if (child !== undefined) pending.push(child);
      if (i > 0) pending.push(',');
    }
  }

  private rootKind(item: TraceEntity): 'segment' | 'orphan' {
    return item.entity.kind === entityKinds.segment ? 'segment' : 'orphan';
  }
}

function durationOf(roots: readonly TraceEntity[]): number {
  const segments = roots.filter(({ entity }) => entity.kind === entityKinds.segment);
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { entity } of segments.length > 0 ? segments : roots) {
    start = Math.min(start, entity.startMicros);
    end = Math.max(end, entity.startMicros + entity.responseMicros);
  }
  return Math.max(0, end - Math.min(start, end));
}

/** The segment that stands for what an unanswered call reached, or took a message to deliver it; none for any other entity. */
function inferredSegment({ entity, source }: TraceEntity, view: TraceView): TraceDocument[] {
  const { node } = entity;
  if (entity.kind !== entityKinds.call || node === null) return [];
  if (view.ownerOf(entity) === undefined || isAnswered(entity, view)) return [];
  const id = inferredId(view.traceId, entity);
  const members = {
    ...segmentMembers(source),
    id,
    name: source.namespace === 'aws' ? awsServiceName(source.name) : source.name,
    parent_id: entity.id,
    trace_id: view.traceId,
    inferred: true,
    origin: node.type,
    ...namedResource(source),
  };
  return [{ id, document: jsonText(members) }];
}

/** Some segment is what the call reached. A consumer is not: it has the message from the queue that was called. */
function isAnswered(call: Entity, view: TraceView): boolean {
  return view.calleesOf(call.id).some((id) => {
    const callee = view.entities.get(id)?.entity.node ?? null;
    return callee === null || !isDelivery(call, callee);
  });
}

function namedResource(source: EntityDocument): { aws?: Record<string, unknown> } {
  const resource = resourceOf(source);
  return resource === null ? {} : { aws: { ...source.aws, resource_names: [resource.name] } };
}

const firstPrime = 0x01000193;
const secondPrime = 0x85ebca6b;

/** The same at every read: a hash of the trace's and the subsegment's ID. */
function inferredId(traceId: string, { id }: Entity): string {
  let high = hex32(id, 0) ^ 0x5bd1e995;
  let low = hex32(id, 8) ^ 0x27d4eb2f;
  for (let i = 0; i < traceId.length; i++) {
    const code = traceId.charCodeAt(i);
    high = Math.imul(high ^ code, firstPrime) ^ (low >>> 15);
    low = Math.imul(low ^ code, secondPrime) ^ (high >>> 13);
  }
  return digits(high) + digits(low);
}

function digits(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
