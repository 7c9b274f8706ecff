/** Insights as X-Ray's operations spell them. */
import type { NodeKey } from '@fluoroscope/contract/graph';
import type { AnomalousService, InsightEvent, InsightView, RequestCounts, ToldInsightEvent } from '@fluoroscope/contract/insights';
import { callersOf, type RequestGraph } from '@fluoroscope/xray/insights/impact';
import { nodeId } from '@fluoroscope/xray/node-key';
import { list, oneOf, optional, structure, text, timestamp, whole } from '../protocol/fields.js';
import { groupMembers } from '../xray/groups-shape.js';

/** A UUID of version 1 to 5, as X-Ray's model has it. */
const insightId = text({ min: 36, max: 36 });

export const getInsight = structure({ InsightId: insightId });
export const getInsightEvents = structure({
  InsightId: insightId,
  MaxResults: optional(whole({ min: 1, max: 50 })),
  NextToken: optional(text({ min: 1, max: 2_000 })),
});
export const getInsightSummaries = structure({
  States: optional(list(oneOf('ACTIVE', 'CLOSED'), { max: 1 })),
  ...groupMembers,
  StartTime: timestamp,
  EndTime: timestamp,
  MaxResults: optional(whole({ min: 1, max: 100 })),
  NextToken: optional(text({ min: 1, max: 2_000 })),
});
export const getInsightImpactGraph = structure({
  InsightId: insightId,
  StartTime: timestamp,
  EndTime: timestamp,
  NextToken: optional(text({ min: 1, max: 2_000 })),
});

/** An active one ends with what is known of it: clients compute a duration without asking whether there is an end. */
export function insightShape({ id, events, figures, summary, group }: InsightView, groupArn: string): object {
  const last = lastOf(events);
  return {
    InsightId: id,
    GroupARN: groupArn,
    GroupName: group,
    RootCauseServiceId: serviceId(last.rootCause),
    Categories: ['FAULT'],
    State: last.endSeconds === null ? 'ACTIVE' : 'CLOSED',
    StartTime: last.startSeconds,
    EndTime: last.endSeconds ?? figures.atSeconds,
    Summary: summary,
    ClientRequestImpactStatistics: impact(figures.clients),
    RootCauseServiceRequestImpactStatistics: impact(figures.rootCause),
    TopAnomalousServices: topServices(last.services),
  };
}

export function insightSummaryShape(view: InsightView, groupArn: string): object {
  return { ...insightShape(view, groupArn), LastUpdateTime: updatedAt(view) };
}

export function eventShape({ summary, atSeconds, figures, services }: ToldInsightEvent): object {
  return {
    Summary: summary,
    EventTime: atSeconds,
    ClientRequestImpactStatistics: impact(figures.clients),
    RootCauseServiceRequestImpactStatistics: impact(figures.rootCause),
    TopAnomalousServices: topServices(services),
  };
}

/** The services of the insight, and whoever calls the root cause, however far up. */
export function impactServices(graph: RequestGraph, { events }: InsightView): object[] {
  const { rootCause, services } = lastOf(events);
  const wanted = callersOf(graph, rootCause);
  for (const { node } of services) wanted.add(nodeId(node));
  const keys = new Map<string, NodeKey>();
  for (const { node } of graph.nodes) keys.set(nodeId(node), node);
  for (const { caller } of graph.edges) keys.set(nodeId(caller), caller);
  const shown = [...keys].filter(([id]) => wanted.has(id));
  const references = new Map(shown.map(([id], at) => [id, at]));
  return shown.map(([id, key]) => ({ ReferenceId: references.get(id), ...serviceId(key), Edges: edgesOf(id, graph, references) }));
}

function edgesOf(caller: string, graph: RequestGraph, references: ReadonlyMap<string, number>): object[] {
  const callees = graph.edges.filter((edge) => nodeId(edge.caller) === caller).map(({ callee }) => references.get(nodeId(callee)));
  return callees.filter((reference) => reference !== undefined).map((ReferenceId) => ({ ReferenceId }));
}

/** The time of the last word on it. */
export function updatedAt({ events, figures }: InsightView): number {
  return Math.max(lastOf(events).atSeconds, figures.atSeconds);
}

function lastOf(events: readonly ToldInsightEvent[]): InsightEvent {
  const last = events.at(-1);
  if (last === undefined) throw new Error('an insight has no events');
  return last;
}

function topServices(services: readonly AnomalousService[]): object[] {
  return services.map(({ node }) => ({ ServiceId: serviceId(node) }));
}

/** With an empty type where there is none: clients print it unasked. */
function serviceId({ name, type, accountId }: NodeKey): object {
  return { Name: name, Names: [name], ...(accountId === '' ? {} : { AccountId: accountId }), Type: type };
}

function impact({ fault, ok, total }: RequestCounts): object {
  return { FaultCount: fault, OkCount: ok, TotalCount: total };
}
