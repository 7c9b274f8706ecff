/**
 * From courses of services and calls to insights: which services are anomalies, which one explains the others, what of it is
 * new, what goes on, and what is over. Pure: the same courses and the same open insights give the same events. Two that look
 * at one installation write the same events, and the control log keeps the first.
 */
import { type NodeKey, otherName, sliceSeconds } from '@fluoroscope/contract/graph';
import {
  type AnomalousService,
  type Expectation,
  expectationSeconds,
  type Insight,
  type InsightEvent,
  type InsightEventKind,
  maxAnomalousServices,
} from '@fluoroscope/contract/insights';
import { nodeId } from '../node-key.js';
import { type Course, countOf, type EdgeCourse, endOf, isAnomaly, isCalm, type NodeCourse, onsetOf } from './anomalies.js';
import { type Counted, notableRate } from './fault-rates.js';

/** A call explains its caller's faults when it has this share of them. */
const explainingShare = 0.5;
/** Two minutes: what the share of faults, and who explains whom, is counted over. */
const recentSlices = 12;
/** Between two events of one insight, so that its words can be read; its end does not wait. */
const leastEventSeconds = 60;
const worsenedFactor = 2;
/** A beginning is an estimate: less is none. */
const leastEarlierSeconds = 30;

export interface Situation {
  group: string;
  /** The first slice of the courses: `judgedSlices` before the last, or earlier. */
  first: number;
  /** The last slice that is stored as a whole. */
  last: number;
  /** Nodes and edges without a fault may be missing. */
  nodes: readonly NodeCourse[];
  edges: readonly EdgeCourse[];
  /** By node; a node without one is not judged. */
  expected: ReadonlyMap<string, Expectation>;
  /** The open insights of the group. */
  open: readonly Insight[];
  newId: () => string;
}

/** An event before anybody has counted whom it hit. */
export type InsightDraft = Omit<InsightEvent, 'figures'>;

export function judge(given: Situation): InsightDraft[] {
  const situation = { ...given, ...indexOf(given) };
  const found = incidentsOf(situation);
  const taken = new Set<Insight>();
  const drafts: InsightDraft[] = [];
  for (const incident of found) {
    const known = insightOf(incident, situation.open, taken);
    if (known) taken.add(known);
    drafts.push(...(known ? changeOf(known, incident, situation) : [openingOf(incident, situation)]));
  }
  for (const insight of situation.open) if (!taken.has(insight)) drafts.push(...closingOf(insight, situation));
  return drafts;
}

export function lastEventOf({ events }: Pick<Insight, 'events'>): InsightEvent {
  const last = events.at(-1);
  if (last === undefined) throw new Error('an insight has no events');
  return last;
}

/** What is asked for again and again, by node: a large graph may fail as a whole. */
interface Index {
  courses: ReadonlyMap<string, Course>;
  /** Of two minutes. */
  recent: ReadonlyMap<string, Counted>;
  /** Calls with faults, by caller. */
  calls: ReadonlyMap<string, { callee: NodeKey; faults: number }[]>;
}

type Indexed = Situation & Index;

const nothing: Counted = { requests: 0, faults: 0 };

function indexOf({ nodes, edges, last }: Situation): Index {
  const recent = new Map(nodes.map(({ node, course }) => [nodeId(node), countOf(course, last, recentSlices)]));
  const calls = new Map<string, { callee: NodeKey; faults: number }[]>();
  for (const { caller, callee, course } of edges) {
    const { faults } = countOf(course, last, recentSlices);
    const known = calls.get(nodeId(caller)) ?? [];
    calls.set(nodeId(caller), known);
    if (faults > 0) known.push({ callee, faults });
  }
  return { courses: new Map(nodes.map(({ node, course }) => [nodeId(node), course])), recent, calls };
}

interface Incident {
  rootCause: NodeKey;
  /** The root cause first, then those with the most faults. */
  services: AnomalousService[];
}

/** Anomalies with the same root cause are one incident. */
function incidentsOf(situation: Indexed): Incident[] {
  const { expected, last } = situation;
  const incidents = new Map<string, Incident>();
  for (const { node, course } of byFaults(situation)) {
    const usual = expected.get(nodeId(node));
    if (usual === undefined || node.name === otherName || !isAnomaly(course, last, usual)) continue;
    const rootCause = rootCauseOf(node, situation);
    const incident = incidents.get(nodeId(rootCause)) ?? { rootCause, services: [serviceOf(rootCause, situation)] };
    incidents.set(nodeId(rootCause), incident);
    if (nodeId(node) !== nodeId(rootCause)) incident.services.push({ node, expected: usual });
  }
  return [...incidents.values()];
}

function byFaults({ nodes, recent }: Indexed): NodeCourse[] {
  const faultsOf = ({ node }: NodeCourse) => recent.get(nodeId(node))?.faults ?? 0;
  return [...nodes].sort((left, right) => faultsOf(right) - faultsOf(left));
}

function serviceOf(node: NodeKey, { expected }: Situation): AnomalousService {
  return { node, expected: expected.get(nodeId(node)) ?? { requests: 0, faults: 0 } };
}

/** Down the calls that explain most of the faults, to the one whose own faults nobody further down explains. */
function rootCauseOf(start: NodeKey, situation: Indexed): NodeKey {
  const seen = new Set([nodeId(start)]);
  for (let node = start; ; ) {
    const next = explainingCallee(node, situation);
    if (next === null || seen.has(nodeId(next))) return node;
    seen.add(nodeId(next));
    node = next;
  }
}

function explainingCallee(node: NodeKey, situation: Indexed): NodeKey | null {
  const { calls, recent } = situation;
  let [most, callee]: [number, NodeKey | null] = [explainingShare * (recent.get(nodeId(node))?.faults ?? 0), null];
  for (const call of calls.get(nodeId(node)) ?? []) {
    if (call.faults < most || !isElevated(call.callee, situation)) continue;
    [most, callee] = [call.faults, call.callee];
  }
  return callee;
}

/** Less than an anomaly: what has few requests of its own can still explain what has many. */
function isElevated(node: NodeKey, { recent, expected }: Indexed): boolean {
  const { requests, faults } = recent.get(nodeId(node)) ?? nothing;
  return faults > 0 && faults >= notableRate(expected.get(nodeId(node)) ?? nothing) * requests;
}

/** The insight with this root cause, else the first one that shares a service with it. */
function insightOf(incident: Incident, open: readonly Insight[], taken: ReadonlySet<Insight>): Insight | undefined {
  const free = open.filter((insight) => !taken.has(insight));
  const root = nodeId(incident.rootCause);
  const ids = new Set(incident.services.map(({ node }) => nodeId(node)));
  return (
    free.find((insight) => nodeId(lastEventOf(insight).rootCause) === root) ??
    free.find((insight) => lastEventOf(insight).services.some(({ node }) => ids.has(nodeId(node))))
  );
}

function openingOf({ rootCause, services }: Incident, situation: Indexed): InsightDraft {
  return {
    what: 'opened',
    insightId: situation.newId(),
    group: situation.group,
    atSeconds: endSecondsOf(situation.last),
    startSeconds: startOf({ rootCause, services }, situation),
    endSeconds: null,
    rootCause,
    services: services.slice(0, maxAnomalousServices),
    faultShare: shareOf(rootCause, situation),
  };
}

function startOf({ services }: Incident, { courses, last }: Indexed): number {
  return Math.min(...services.map(({ node, expected }) => onsetOf(courses.get(nodeId(node)) ?? [], last, expected))) * sliceSeconds;
}

/** What has changed enough to be told. */
function changeOf(insight: Insight, incident: Incident, situation: Indexed): InsightDraft[] {
  const last = lastEventOf(insight);
  const atSeconds = endSecondsOf(situation.last);
  if (hasLasted(last, atSeconds)) return [{ ...withoutFigures(last), what: 'became normal', atSeconds, endSeconds: atSeconds }];
  if (atSeconds - last.atSeconds < leastEventSeconds) return [];
  const { rootCause } = incident;
  const startSeconds = Math.min(last.startSeconds, startOf(incident, situation));
  const now = { rootCause, services: joined(incident.services, last.services), faultShare: shareOf(rootCause, situation), startSeconds };
  const what = kindOfChange(insight, now);
  return what === null ? [] : [{ ...withoutFigures(last), ...now, what, atSeconds }];
}

function hasLasted({ startSeconds }: InsightEvent, atSeconds: number): boolean {
  return atSeconds - startSeconds >= expectationSeconds;
}

type Now = Pick<InsightEvent, 'rootCause' | 'services' | 'faultShare' | 'startSeconds'>;

function kindOfChange(insight: Insight, now: Now): InsightEventKind | null {
  const last = lastEventOf(insight);
  if (nodeId(now.rootCause) !== nodeId(last.rootCause)) return 'root cause';
  if (now.services.length > last.services.length) return 'spread';
  if (last.startSeconds - now.startSeconds >= leastEarlierSeconds) return 'began earlier';
  const worst = Math.max(...insight.events.map(({ faultShare }) => faultShare));
  return worst > 0 && now.faultShare >= worsenedFactor * worst ? 'worsened' : null;
}

/** First those of now, then those that were there before; an expectation is that of the time before the incident. */
function joined(now: readonly AnomalousService[], before: readonly AnomalousService[]): AnomalousService[] {
  const known = new Map(before.map((service) => [nodeId(service.node), service]));
  const current = now.map((service) => known.get(nodeId(service.node)) ?? service);
  const ids = new Set(now.map(({ node }) => nodeId(node)));
  return [...current, ...before.filter(({ node }) => !ids.has(nodeId(node)))].slice(0, maxAnomalousServices);
}

function closingOf(insight: Insight, { courses: known, first, last }: Indexed): InsightDraft[] {
  const event = lastEventOf(insight);
  const atSeconds = endSecondsOf(last);
  const courses = event.services.map(({ node, expected }) => ({ course: known.get(nodeId(node)) ?? [], expected }));
  if (hasLasted(event, atSeconds)) return [{ ...withoutFigures(event), what: 'became normal', atSeconds, endSeconds: atSeconds }];
  if (!courses.every(({ course, expected }) => isCalm(course, last, expected))) return [];
  const ends = courses.map(({ course, expected }) => endOf(course, expected) ?? first - 1);
  const endSeconds = Math.max(event.startSeconds + sliceSeconds, endSecondsOf(Math.max(...ends)));
  return [{ ...withoutFigures(event), what: 'closed', atSeconds, endSeconds }];
}

function withoutFigures({ figures: _figures, ...rest }: InsightEvent): InsightDraft {
  return rest;
}

function shareOf(node: NodeKey, { recent }: Indexed): number {
  const { requests, faults } = recent.get(nodeId(node)) ?? nothing;
  return requests === 0 ? 0 : faults / requests;
}

function endSecondsOf(slice: number): number {
  return (slice + 1) * sliceSeconds;
}
