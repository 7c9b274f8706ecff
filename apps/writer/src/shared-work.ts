/** What the writers of several partitions do together, where one process has them; a writer alone does it by itself. */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import type { FactBatch } from '@fluoroscope/clickhouse/facts';
import { recomputeTraces, type TraceRows } from '@fluoroscope/clickhouse/recompute';
import { InsertGate } from './insert-gate.js';
import { TraceRowGate } from './trace-row-gate.js';

export interface SharedWork {
  insert(facts: FactBatch): Promise<void>;
  /** Answers how many milliseconds it took, without a wait for others; rejects when the signal comes before it has begun. */
  recomputeTraces(rows: TraceRows, signal: AbortSignal): Promise<number>;
}

export function workAlone(client: ClickHouseClient): SharedWork {
  return { insert: (facts) => facts.insert(client), recomputeTraces: (rows) => recomputeTraces(client, rows) };
}

export function workTogether(client: ClickHouseClient): SharedWork {
  const inserts = new InsertGate(client);
  const traceRows = new TraceRowGate(client);
  return { insert: (facts) => inserts.insert(facts), recomputeTraces: (rows, signal) => traceRows.recompute(rows, signal) };
}
