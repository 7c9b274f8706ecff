/**
 * Links as edges of the service graph: from the node that took a message (or, where it was no message, from the node that
 * caused something) to the node that it caused. An edge counts links, all of them `ok`; its times are ages: from the end of the
 * cause to the start of what it caused. It lies in the slice of what was caused, and is there when both ends are.
 */
import { type NodeKey, sliceSeconds } from '@fluoroscope/contract/graph';
import { type Entity, entityKinds } from './entities.js';
import { maxLinkSeconds, messageAge } from './links.js';

export interface Link {
  traceId: string;
  id: string;
  causeTraceId: string;
  causeId: string;
}

interface End {
  entity: Entity;
  /** The segment's node that it is or belongs to. */
  owner: NodeKey | undefined;
  /** What a call reached, and what took a message. */
  reached: NodeKey | undefined;
}

export interface LinkedNodes {
  caller: NodeKey;
  callee: NodeKey;
  caused: Entity;
  ageMicros: number;
}

export class GraphLinks {
  private readonly links = new Map<string, Link>();
  private readonly ends = new Map<string, End | null>();

  add(link: Link): void {
    const { traceId, id, causeTraceId, causeId } = link;
    this.links.set(`${traceId} ${id} ${causeTraceId} ${causeId}`, link);
    this.ends.set(traceId + id, null);
    this.ends.set(causeTraceId + causeId, null);
  }

  /** Links that name it have been added before. */
  see(traceId: string, end: End): void {
    if (this.ends.has(traceId + end.entity.id)) this.ends.set(traceId + end.entity.id, end);
  }

  /** Once for each link whose ends are both known. */
  *edges(): Iterable<LinkedNodes> {
    for (const { traceId, id, causeTraceId, causeId } of this.links.values()) {
      const cause = this.ends.get(causeTraceId + causeId);
      const caused = this.ends.get(traceId + id);
      const caller = cause && causeNode(cause);
      if (!cause || !caused?.owner || !caller || isTooOld(cause.entity, caused.entity)) continue;
      yield { caller, callee: caused.owner, caused: caused.entity, ageMicros: messageAge(cause.entity, caused.entity) };
    }
  }
}

/** A call that nobody is known to have made has no node either. */
function causeNode({ entity, owner, reached }: End): NodeKey | undefined {
  return entity.kind === entityKinds.call && owner !== undefined ? reached : owner;
}

function isTooOld(cause: Entity, caused: Entity): boolean {
  const sliceMicros = sliceSeconds * 1e6;
  return (Math.floor(caused.startMicros / sliceMicros) - Math.floor(cause.startMicros / sliceMicros)) * sliceSeconds > maxLinkSeconds;
}
