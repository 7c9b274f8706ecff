/** The graph of a retrieval's traces, each service with the traces that are linked to what happened on it. */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { nodeId } from '@fluoroscope/xray/node-key';
import { linksByNode } from '@fluoroscope/xray/trace-links';
import type { Service } from './service-shape.js';

/** Of one service, as AWS's model has it. */
const maxLinks = 100;

interface GraphLink {
  ReferenceType: 'parent';
  SourceTraceId: string;
  DestinationTraceIds: string[];
}

export type Links = ReadonlyMap<string, readonly GraphLink[]>;

/** By node; `traces` are the documents of one trace each. */
export function linksOf(traces: readonly (readonly SegmentDocument[])[]): Links {
  const links = new Map<string, GraphLink[]>();
  for (const documents of traces)
    for (const [node, { traceId, causeTraceIds }] of linksByNode(documents)) {
      const link: GraphLink = { ReferenceType: 'parent', SourceTraceId: traceId, DestinationTraceIds: causeTraceIds };
      const known = links.get(node);
      if (known === undefined) links.set(node, [link]);
      else if (known.length < maxLinks) known.push(link);
    }
  return links;
}

export function retrievedService(service: Service, links: Links): object {
  const { Name: name, Type: type = '', AccountId: accountId = '' } = service;
  return { Service: service, Links: links.get(nodeId({ name, type, accountId })) ?? [] };
}
