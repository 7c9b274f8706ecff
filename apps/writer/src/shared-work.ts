/** What the writers of several partitions do together, where one process has them; a writer alone does it by itself. */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import { type FactBatch, insertFacts } from '@fluoroscope/clickhouse/facts';
import { insertMetricFacts, type MetricFacts } from '@fluoroscope/clickhouse/metric-facts';
import { recomputeTraces, type TraceRows } from '@fluoroscope/clickhouse/recompute';
import { InsertGate } from './insert-gate.js';
import { TraceRowGate } from './trace-row-gate.js';

export interface SharedWork {
  insert(facts: FactBatch): Promise<void>;
  insertMetrics(facts: MetricFacts): Promise<void>;
  /** Answers how many milliseconds it took, without a wait for others; rejects when the signal comes before it has begun. */
  recomputeTraces(rows: TraceRows, signal: AbortSignal): Promise<number>;
}

export function workAlone(client: ClickHouseClient): SharedWork {
  return {
    insert: (facts) => facts.insert(client),
    insertMetrics: (facts) => facts.insert(client),
    recomputeTraces: (rows) => recomputeTraces(client, rows),
  };
}

export function workTogether(client: ClickHouseClient): SharedWork {
  const inserts = new InsertGate<FactBatch>((batches) => insertFacts(client, batches));
  const metrics = new InsertGate<MetricFacts>((batches) => insertMetricFacts(client, batches));
  const traceRows = new TraceRowGate(client);
  return {
    insert: (facts) => inserts.insert(facts),
    insertMetrics: (facts) => metrics.insert(facts),
    recomputeTraces: (rows, signal) => traceRows.recompute(rows, signal),
  };
}
