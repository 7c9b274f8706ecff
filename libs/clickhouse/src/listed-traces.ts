/** The statement that finds the traces of a list: of a filter's conditions only those that are asked for, because each costs. */
import { outcomes } from '@fluoroscope/xray/entities';
import type { TraceFilter } from '@fluoroscope/xray/trace-filter';
import { queryText } from './clickhouse.js';

export interface ListedTracesQuery {
  text: string;
  params: Record<string, unknown>;
}

export function listedTracesQuery(filter: TraceFilter): ListedTracesQuery {
  const further = furtherConditions(filter);
  const text = queryText('listed-traces')
    .replace('-- Further conditions.', further.map(({ name }) => `AND trace_id IN (${queryText(name)})`).join('\n'))
    .replaceAll('/* matches */', segmentCondition(filter));
  return { text, params: Object.assign(segmentParams(filter), ...further.map(({ params }) => params)) };
}

function segmentCondition({ outcomes: wanted, minMicros, maxMicros }: TraceFilter): string {
  const conditions = ['true'];
  if (wanted.length > 0) conditions.push('has({outcomes: Array(UInt8)}, outcome)');
  if (minMicros !== undefined || maxMicros !== undefined)
    conditions.push('NOT in_progress', 'response_micros >= {min_micros: UInt64}', 'response_micros <= {max_micros: UInt64}');
  return conditions.join(' AND ');
}

function segmentParams(filter: TraceFilter): Record<string, unknown> {
  return {
    outcomes: filter.outcomes.map((name) => outcomes[name]),
    min_micros: Math.ceil(filter.minMicros ?? 0),
    max_micros: Math.floor(filter.maxMicros ?? Number.MAX_SAFE_INTEGER),
  };
}

function furtherConditions({ service, inProgress, text }: TraceFilter): { name: string; params: Record<string, unknown> }[] {
  const conditions = [];
  if (service !== undefined) {
    const { name, type, accountId } = service;
    conditions.push({ name: 'traces-of-service', params: { service_name: name, service_type: type, service_account: accountId } });
  }
  if (inProgress) conditions.push({ name: 'traces-in-progress', params: {} });
  if (text !== undefined) conditions.push({ name: 'traces-with-text', params: { text } });
  return conditions;
}
