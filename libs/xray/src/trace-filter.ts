/** Which rows of the trace list are asked for. Conditions are joined by and; an absent one holds for every row. */
import type { NodeKey } from '@fluoroscope/contract/graph';
import type { OutcomeName, TraceRow } from '@fluoroscope/contract/traces';
import { nodeId } from './node-key.js';

export interface TraceFilter {
  /** Among the services of the row. */
  service?: NodeKey;
  /** The root's, any of these; empty for all. */
  outcomes: readonly OutcomeName[];
  /** Of the response time, inclusive; a root in progress has none and does not match. */
  minMicros?: number;
  maxMicros?: number;
  inProgress: boolean;
  /** In the trace ID, URL, method or entry's name, ignoring case. */
  text?: string;
}

/** A service beyond those that a row names cannot be seen in it: `storage` has looked for it among all. */
export function matchesFilter(row: TraceRow, filter: TraceFilter): boolean {
  if (filter.outcomes.length > 0 && !filter.outcomes.includes(row.outcome)) return false;
  if (filter.inProgress && !row.inProgress) return false;
  return hasService(row, filter.service) && responds(row, filter) && hasText(row, filter.text);
}

function hasService({ services, moreServices }: TraceRow, service: NodeKey | undefined): boolean {
  if (service === undefined || moreServices > 0) return true;
  const wanted = nodeId(service);
  return services.some((key) => nodeId(key) === wanted);
}

function responds({ responseMicros }: TraceRow, { minMicros, maxMicros }: TraceFilter): boolean {
  if (minMicros === undefined && maxMicros === undefined) return true;
  if (responseMicros === null) return false;
  return responseMicros >= (minMicros ?? 0) && responseMicros <= (maxMicros ?? Number.POSITIVE_INFINITY);
}

function hasText({ traceId, url, method, entry }: TraceRow, text: string | undefined): boolean {
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  return [traceId, url, method, entry.name].some((part) => part?.toLowerCase().includes(wanted));
}
