/**
 * Sampling: the rules that people edit, and what samplers report of them. Rules are records of the control log; reports are
 * records of a log of their own, because they are many and soon of no use (docs/adr/0007-sampling-statistics.md).
 */
import type { NodeKey } from './graph.js';
import type { Tag } from './tags.js';

export interface SamplingRule {
  /** Unique in the installation. */
  name: string;
  resourceArn: string;
  /** The lowest one that matches decides; of two alike, the first by name. */
  priority: number;
  /** Share of the requests that the reservoir does not take: 0 to 1. */
  fixedRate: number;
  /** Requests per second, of all clients together. */
  reservoirSize: number;
  serviceName: string;
  serviceType: string;
  host: string;
  httpMethod: string;
  urlPath: string;
  attributes: Record<string, string>;
  boost: SamplingRateBoost | null;
}

/** What a rule lets anomalies raise its rate to, and how often. */
export interface SamplingRateBoost {
  maxRate: number;
  cooldownMinutes: number;
}

export interface SamplingRuleRecord {
  rule: SamplingRule;
  /** Epoch milliseconds; 0 for the Default rule as every installation has it. */
  createdAtMs: number;
  modifiedAtMs: number;
  tags: Tag[];
}

/** The members that change. */
export type SamplingRuleUpdate = Partial<Omit<SamplingRule, 'name'>>;

/** The most characters of each. */
export const samplingRuleLengths = {
  name: 32,
  resourceArn: 500,
  serviceName: 64,
  serviceType: 64,
  host: 64,
  httpMethod: 10,
  urlPath: 128,
} as const;
/** As AWS's quota; the Default rule is not counted. */
export const maxSamplingRules = 25;
/** Of a rule that people make; the Default rule stands behind all of them. */
export const maxSamplingPriority = 9_999;
export const defaultSamplingPriority = 10_000;
/** What fits into the integer of AWS's models. */
export const maxReservoirSize = 2_147_483_647;
export const maxSamplingAttributes = 5;
export const maxSamplingAttributeLength = 32;
export const defaultSamplingRuleName = 'Default';

/** What one client says of one rule, for the seconds since it last did. */
export interface SamplingReport {
  rule: string;
  clientId: string;
  /** Epoch seconds by the client's clock. */
  atSeconds: number;
  requests: number;
  sampled: number;
  borrowed: number;
  /** What the rule said when it was reported. */
  reservoirSize: number;
  fixedRate: number;
}

/** A rate that is raised for a while. `cooldownMs` is what the rule said when it was decided. */
export interface SamplingBoost {
  rule: string;
  rate: number;
  cooldownMs: number;
}

/** A record of the log of statistics. */
export interface SamplingStatisticsRecord {
  id: string;
  /** Epoch milliseconds, by the clock of the process that appended it. */
  at: number;
  actor: string;
  reports: SamplingReport[];
  boosts: SamplingBoost[];
}

/** Of one rule and ten seconds, over all clients. */
export interface SamplingWindow {
  rule: string;
  startSeconds: number;
  requests: number;
  sampled: number;
  borrowed: number;
}

export const samplingWindowSeconds = 10;

/** What `GET /api/graph/estimates` answers. Epoch seconds, widened to whole slices where there is any estimate. */
export interface GraphEstimates {
  from: number;
  to: number;
  /** Of these alone it can be said. */
  nodes: NodeEstimate[];
  /** Of these calls likewise; messages are not among them. */
  edges: EdgeEstimate[];
}

/** How many requests there really were of a node of which not all are recorded, judged by what its samplers report. */
export interface NodeEstimate {
  node: NodeKey;
  /** Requests that were recorded. */
  observed: number;
  /** Requests that there were, recorded or not. */
  estimated: number;
  /** The part of the recorded ones for which there are statistics, 0 to 1; the rest is taken to be like them. */
  share: number;
  /** The rules that decided at this node, the one with the most requests first; none where its callers' samplers decided. */
  rules: RuleWeight[];
}

/** As NodeEstimate, of the calls of one node to another. */
export interface EdgeEstimate {
  caller: NodeKey;
  callee: NodeKey;
  observed: number;
  estimated: number;
  share: number;
}

export interface RuleWeight {
  rule: string;
  /** Recorded at this node by the rule, with statistics. */
  observed: number;
  /** So many requests stand behind each, on average. */
  weight: number;
}

/** Requests per second, as the last reports have it. */
export interface SamplingRates {
  requests: number;
  sampled: number;
  borrowed: number;
}

export interface SamplingClientUse extends SamplingRates {
  clientId: string;
  /** Of its last report, epoch milliseconds. */
  atMs: number;
}

/** What one rule is used for at the moment, over all clients, and how that was. */
export interface SamplingUse extends SamplingRates {
  rule: string;
  /** Clients that have reported it in the last 30 seconds. */
  clientCount: number;
  /** The busiest of them. */
  clients: SamplingClientUse[];
  /** Requests, and those that were kept, per second: one for each of the last windows that are over, the oldest first. */
  course: { requests: number[]; kept: number[] };
  /** An anomaly has raised the rate to this, until then (epoch milliseconds); null while none has. */
  boost: { rate: number; untilMs: number } | null;
}

export const maxShownClients = 50;
/** Windows of a course: ten minutes. */
export const samplingCourseWindows = 60;

/** `GET /api/sampling/rules`, and what the room `sampling` tells: the rules in the order in which they are asked. */
export interface SamplingView {
  rules: SamplingRuleRecord[];
  /** Of every rule, in the same order. */
  uses: SamplingUse[];
}

/** Body of `POST /api/sampling/rules`. Of `PUT /api/sampling/rules/<name>` it is a SamplingRuleUpdate. Both answer the record. */
export interface NewSamplingRule {
  rule: SamplingRule;
  tags?: Tag[];
}
