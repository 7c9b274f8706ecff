/**
 * Insights: services whose fault rate has left what is expected of them, and the one whose own faults explain the others'.
 * What was decided (opened, changed, closed) is a record of the control log; how many requests failed is counted from the
 * stored slices. See docs/adr/0012-insights.md.
 */
import type { NodeKey } from './graph.js';

/** Of the day before, without the times in which the service was part of an insight. */
export interface Expectation {
  requests: number;
  faults: number;
}

export interface AnomalousService {
  node: NodeKey;
  expected: Expectation;
}

/** `total` counts errors and throttles too. */
export interface RequestCounts {
  ok: number;
  fault: number;
  total: number;
}

/**
 * What an event tells. `spread`: more services; `root cause`: it is another one now; `worsened`: twice as many of its requests
 * fail as ever before; `began earlier`: what was stored later shows it; `closed`: rates are as expected again; `became normal`: it has lasted a day, which is what is expected from now on.
 */
export const insightEventKinds = ['opened', 'spread', 'root cause', 'worsened', 'began earlier', 'closed', 'became normal'] as const;
export type InsightEventKind = (typeof insightEventKinds)[number];

/** Absolute: the last event of an insight says all of it but the events before. Times are epoch seconds. */
export interface InsightEvent {
  what: InsightEventKind;
  /** A UUID. */
  insightId: string;
  /** The name of the group whose traces are counted. */
  group: string;
  /** The end of the last slice that was looked at. */
  atSeconds: number;
  startSeconds: number;
  /** Null while it is open. */
  endSeconds: number | null;
  rootCause: NodeKey;
  /** The root cause first. */
  services: AnomalousService[];
  /** Share of the root cause's requests that failed in the two minutes before: 0 to 1. */
  faultShare: number;
  figures: InsightFigures;
}

/** Since the insight began, up to `atSeconds`. */
export interface InsightFigures {
  atSeconds: number;
  /** Requests of clients that can reach the root cause. */
  clients: RequestCounts;
  rootCause: RequestCounts;
}

export interface Insight {
  id: string;
  group: string;
  /** Oldest first, never empty. */
  events: InsightEvent[];
}

export interface ToldInsightEvent extends InsightEvent {
  /** A sentence for a person. */
  summary: string;
}

/** An insight as it is now: figures of an open one are newer than its last event. */
export interface InsightView extends Insight {
  events: ToldInsightEvent[];
  figures: InsightFigures;
  /** Sentences for a person. */
  summary: string;
}

/** Of one insight; then only its end is noted. */
export const maxInsightEvents = 30;
export const maxAnomalousServices = 10;
/** That are kept; the oldest closed ones go. */
export const maxInsights = 300;
export const insightRetentionSeconds = 30 * 86_400;
/** What is expected is what was seen in this time. */
export const expectationSeconds = 86_400;
/** A service that has been seen for less has no expectation yet. */
export const leastHistorySeconds = 1_800;

/** How far the looking is; the room `insights` and `GET /api/insights`. */
export interface InsightWatch {
  /** Null before the first look. */
  lookedAtSeconds: number | null;
  /** The oldest stored slice of the last day; null when there is none. */
  historyFromSeconds: number | null;
}

/** `GET /api/insights/{id}`: the insight, and what to draw it with, from an hour before it began. */
export interface InsightDetailAnswer {
  insight: InsightView;
  from: number;
  to: number;
  periodSeconds: number;
  courses: InsightCourse[];
  /** Of the requests of clients that lead to the root cause. */
  clients: CoursePoint[];
  /** The calls among these services and their callers, with what the caller saw since the beginning. */
  calls: { caller: NodeKey; callee: NodeKey; requests: number; faults: number }[];
}

/** Of one service: requests and faults by period. A period without a request has no point. */
export interface InsightCourse extends AnomalousService {
  points: CoursePoint[];
}

export type CoursePoint = [startSeconds: number, requests: number, faults: number];

/** Of one room's snapshot. */
export const maxInsightsTold = 100;
