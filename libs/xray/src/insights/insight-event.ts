/** Insights and their events as they are read from the control log and its snapshots: nothing but what is known here. */
import type { NodeKey } from '@fluoroscope/contract/graph';
import {
  type AnomalousService,
  type Insight,
  type InsightEvent,
  type InsightFigures,
  insightEventKinds,
  maxAnomalousServices,
  maxInsightEvents,
  type RequestCounts,
} from '@fluoroscope/contract/insights';
import { isObject } from '../json-values.js';

/** Null for what is not an insight. */
export function insightOf(value: unknown): Insight | null {
  if (!isObject(value) || typeof value.id !== 'string' || typeof value.group !== 'string') return null;
  const events = listOf(value.events, insightEventOf, maxInsightEvents);
  return events === null || events.length === 0 ? null : { id: value.id, group: value.group, events };
}

/** Null for what is not an event. */
export function insightEventOf(value: unknown): InsightEvent | null {
  if (!isObject(value)) return null;
  const { insightId, group, atSeconds, startSeconds, endSeconds, faultShare } = value;
  const what = insightEventKinds.find((kind) => kind === value.what);
  const [rootCause, figures] = [nodeOf(value.rootCause), figuresOf(value.figures)];
  const services = listOf(value.services, serviceOf, maxAnomalousServices);
  if (what === undefined || typeof insightId !== 'string' || typeof group !== 'string') return null;
  if (!isNumber(atSeconds) || !isNumber(startSeconds) || !isNumber(faultShare) || !(endSeconds === null || isNumber(endSeconds)))
    return null;
  if (rootCause === null || figures === null || services === null || services.length === 0) return null;
  return { what, insightId, group, atSeconds, startSeconds, endSeconds, rootCause, services, faultShare, figures };
}

function serviceOf(value: unknown): AnomalousService | null {
  if (!isObject(value) || !isObject(value.expected)) return null;
  const node = nodeOf(value.node);
  const { requests, faults } = value.expected;
  return node !== null && isNumber(requests) && isNumber(faults) ? { node, expected: { requests, faults } } : null;
}

function nodeOf(value: unknown): NodeKey | null {
  if (!isObject(value)) return null;
  const { name, type, accountId } = value;
  return typeof name === 'string' && typeof type === 'string' && typeof accountId === 'string' ? { name, type, accountId } : null;
}

function figuresOf(value: unknown): InsightFigures | null {
  if (!isObject(value) || !isNumber(value.atSeconds)) return null;
  const [clients, rootCause] = [countsOf(value.clients), countsOf(value.rootCause)];
  return clients === null || rootCause === null ? null : { atSeconds: value.atSeconds, clients, rootCause };
}

function countsOf(value: unknown): RequestCounts | null {
  if (!isObject(value)) return null;
  const { ok, fault, total } = value;
  return isNumber(ok) && isNumber(fault) && isNumber(total) ? { ok, fault, total } : null;
}

/** Null for what is no list, is too long, or has an item that is none. */
export function listOf<Item>(value: unknown, itemOf: (value: unknown) => Item | null, max: number): Item[] | null {
  if (!Array.isArray(value) || value.length > max) return null;
  const items = value.map(itemOf).filter((item) => item !== null);
  return items.length === value.length ? items : null;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
