/** The links of some traces by the node that they belong to: which other traces caused what happened there. */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { linksIn } from './links.js';
import { nodeId } from './node-key.js';
import { viewTrace } from './trace-view.js';

export interface LinkedTraces {
  traceId: string;
  /** What it names as its causes, each once, in order. */
  causeTraceIds: string[];
}

/** Of one trace, by the ID of the node (see `nodeId`). */
export function linksByNode(documents: readonly SegmentDocument[]): Map<string, LinkedTraces> {
  const links = documents.flatMap((document) => linksIn(JSON.stringify(document), document));
  const nodes = new Map<string, LinkedTraces>();
  if (links.length === 0) return nodes;
  const view = viewTrace(documents);
  for (const { id, causeTraceId } of links) {
    const entity = view.entities.get(id)?.entity;
    const node = entity === undefined ? undefined : view.ownerOf(entity);
    if (node !== undefined && causeTraceId !== view.traceId) add(nodes, nodeId(node), { traceId: view.traceId, causeTraceId });
  }
  return nodes;
}

function add(nodes: Map<string, LinkedTraces>, node: string, { traceId, causeTraceId }: { traceId: string; causeTraceId: string }): void {
  const known = nodes.get(node);
  if (known === undefined) nodes.set(node, { traceId, causeTraceIds: [causeTraceId] });
  else if (!known.causeTraceIds.includes(causeTraceId)) known.causeTraceIds.push(causeTraceId);
}
