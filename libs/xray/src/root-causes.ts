/**
 * What a trace's trouble came from: the path from its root to the (sub)segment that faulted, failed or took the time, as
 * GetTraceSummaries gives it. How AWS chooses is not documented; the choice here is in docs/fidelity.md. At most one of each
 * kind. Linear in the entities of the trace; cycles and orphans are fine.
 */
import type { EntityDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { type Entity, entityKinds, outcomes } from './entities.js';
import type { TraceEntity, TraceView } from './trace-view.js';

export interface RootCause {
  /** The root has the same trouble. */
  ClientImpacting: boolean;
  /** From the root's service to the one where it began. */
  Services: RootCauseService[];
}

export interface RootCauseService {
  Name: string;
  Names: string[];
  /** '' for a service without a type: readers want a text. */
  Type: string;
  AccountId?: string;
  Inferred: boolean;
  /** The service's segment, then what it did, down to where the path leaves it. */
  EntityPath: RootCauseEntity[];
}

export interface RootCauseEntity {
  Name: string;
  /** A call of another service. */
  Remote: boolean;
  /** Of faults and errors. */
  Exceptions?: RootCauseException[];
  /** Of response times: the share of the root's, 0 to 1. */
  Coverage?: number;
}

export interface RootCauseException {
  Name: string;
  Message: string;
}

export interface RootCauses {
  fault: RootCause[];
  error: RootCause[];
  responsetime: RootCause[];
}

/** `root` is that of `rootOf`. */
export function rootCausesOf(view: TraceView, root: TraceEntity | undefined): RootCauses {
  if (root === undefined) return { fault: [], error: [], responsetime: [] };
  const paths = new Paths(view, root);
  return {
    fault: failure(paths, ({ outcome }) => outcome === outcomes.fault),
    error: failure(paths, ({ outcome }) => outcome === outcomes.error || outcome === outcomes.throttle),
    responsetime: slowness(paths),
  };
}

type Trouble = (entity: Entity) => boolean;

/** Who is below whom, as far as the root reaches. */
class Paths {
  /** Each after its parent. */
  readonly reached: TraceEntity[] = [];
  private readonly children = new Map<string, TraceEntity[]>();
  private readonly parents = new Map<string, TraceEntity>();

  constructor(
    readonly view: TraceView,
    readonly root: TraceEntity,
  ) {
    for (const item of view.entities.values()) {
      const siblings = this.children.get(item.entity.parentId);
      if (siblings === undefined) this.children.set(item.entity.parentId, [item]);
      else siblings.push(item);
    }
    this.reach();
  }

  childrenOf({ entity }: TraceEntity): readonly TraceEntity[] {
    return (this.children.get(entity.id) ?? []).filter((child) => this.parents.get(child.entity.id)?.entity === entity);
  }

  parentOf({ entity }: TraceEntity): TraceEntity | undefined {
    return this.parents.get(entity.id);
  }

  /** From the root down to this, both included. */
  to(item: TraceEntity): TraceEntity[] {
    const path: TraceEntity[] = [];
    for (let at: TraceEntity | undefined = item; at !== undefined; at = this.parentOf(at)) path.push(at);
    return path.reverse();
  }

  private reach(): void {
    const seen = new Set([this.root.entity.id]);
    const pending = [this.root];
    for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
      this.reached.push(item);
      for (const child of this.children.get(item.entity.id) ?? []) {
        if (seen.has(child.entity.id)) continue;
        seen.add(child.entity.id);
        this.parents.set(child.entity.id, item);
        pending.push(child);
      }
    }
  }
}

/** From the topmost entity with the trouble (the root, when it has it) to the latest-ending child with it, and so on. */
function failure(paths: Paths, hasTrouble: Trouble): RootCause[] {
  const isImpacting = hasTrouble(paths.root.entity);
  const start = isImpacting
    ? paths.root
    : latest(paths.reached.filter((item) => hasTrouble(item.entity) && !isBelow(item, paths, hasTrouble)));
  if (start === undefined) return [];
  const path = paths.to(start);
  for (let next: TraceEntity | undefined = start; next !== undefined; ) {
    next = latest(paths.childrenOf(next).filter(({ entity }) => hasTrouble(entity)));
    if (next !== undefined) path.push(next);
  }
  return [causeOf(path, { paths, isImpacting, detail: exceptionsOf })];
}

function isBelow(item: TraceEntity, paths: Paths, hasTrouble: Trouble): boolean {
  const parent = paths.parentOf(item);
  return parent !== undefined && hasTrouble(parent.entity);
}

/** While a child takes at least this share of its parent's time, it is there that the time goes. */
const minChildShare = 0.5;

function slowness(paths: Paths): RootCause[] {
  const { root } = paths;
  if (root.entity.responseMicros === 0) return [];
  const path = [root];
  for (let next: TraceEntity | undefined = root; next !== undefined; ) {
    const enough: number = next.entity.responseMicros * minChildShare;
    const slowest: TraceEntity | undefined = longest(paths.childrenOf(next));
    next = slowest !== undefined && slowest.entity.responseMicros >= Math.max(1, enough) ? slowest : undefined;
    if (next !== undefined) path.push(next);
  }
  const detail = ({ entity }: TraceEntity) => ({ Coverage: Math.min(1, entity.responseMicros / root.entity.responseMicros) });
  return [causeOf(path, { paths, isImpacting: true, detail })];
}

function latest(items: readonly TraceEntity[]): TraceEntity | undefined {
  return most(items, ({ entity }) => entity.startMicros + entity.responseMicros);
}

function longest(items: readonly TraceEntity[]): TraceEntity | undefined {
  return most(items, ({ entity }) => entity.responseMicros);
}

/** The first of those with the highest measure. */
function most(items: readonly TraceEntity[], measure: (item: TraceEntity) => number): TraceEntity | undefined {
  let best = items[0];
  for (const item of items) if (best !== undefined && measure(item) > measure(best)) best = item;
  return best;
}

type Detail = Pick<RootCauseEntity, 'Exceptions' | 'Coverage'>;

interface PathKind {
  paths: Paths;
  isImpacting: boolean;
  detail: (item: TraceEntity) => Detail;
}

/** A segment begins a service; a call at the end that no segment answered adds the node that it infers. */
function causeOf(path: readonly TraceEntity[], { paths, isImpacting, detail }: PathKind): RootCause {
  const services: RootCauseService[] = [];
  for (const item of path) {
    const { entity, source } = item;
    if (entity.kind === entityKinds.segment || services.length === 0) services.push(serviceAt(entity, paths.view));
    services.at(-1)?.EntityPath.push({ Name: source.name, Remote: isRemote(source), ...detail(item) });
  }
  const end = path.at(-1);
  const inferred = end === undefined ? null : inferredNodeOf(end.entity, paths.view);
  if (end !== undefined && inferred !== null) {
    const { Exceptions, Coverage } = detail(end);
    const shown = Exceptions === undefined ? { Coverage: Coverage ?? 0 } : { Exceptions: [] };
    services.push({ ...serviceOf(inferred, true), EntityPath: [{ Name: inferred.name, Remote: false, ...shown }] });
  }
  return { ClientImpacting: isImpacting, Services: services };
}

function serviceAt(entity: Entity, view: TraceView): RootCauseService {
  const node = view.ownerOf(entity) ?? { name: '', type: '', accountId: '' };
  return serviceOf(node, entity.inferred);
}

function serviceOf({ name, type, accountId }: NodeKey, Inferred: boolean): RootCauseService {
  const account = accountId === '' ? {} : { AccountId: accountId };
  return { Name: name, Names: [name], Type: type, ...account, Inferred, EntityPath: [] };
}

function isRemote({ namespace }: EntityDocument): boolean {
  return namespace === 'aws' || namespace === 'remote';
}

function inferredNodeOf(entity: Entity, view: TraceView): NodeKey | null {
  if (entity.kind !== entityKinds.call || view.calleesOf(entity.id).length > 0) return null;
  return view.ownerOf(entity) === undefined ? null : entity.node;
}

/** Of one entity of a path. */
const maxExceptions = 10;

/** A cause is an object with exceptions, or the ID of one that stands elsewhere. */
function exceptionsOf({ source: { cause } }: TraceEntity): Detail {
  const exceptions = typeof cause === 'object' && cause !== null ? (cause as { exceptions?: unknown }).exceptions : undefined;
  const list = Array.isArray(exceptions) ? exceptions.slice(0, maxExceptions) : [];
  return { Exceptions: list.flatMap(exceptionOf) };
}

function exceptionOf(exception: unknown): RootCauseException[] {
  if (typeof exception !== 'object' || exception === null) return [];
  const { type, message } = exception as { type?: unknown; message?: unknown };
  return [{ Name: typeof type === 'string' ? type : '', Message: typeof message === 'string' ? message : '' }];
}
