/** What the writers of several partitions do together, where one process has them; a writer alone does it by itself. */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import type { FactBatch } from '@fluoroscope/clickhouse/facts';
import { recomputeTraces, type TraceRows } from '@fluoroscope/clickhouse/recompute';
import { InsertGate } from './insert-gate.js';
import { TraceRowGate } from './trace-row-gate.js';

export interface SharedWork {
  insert(facts: FactBatch): Promise<void>;
  recomputeTraces(rows: TraceRows): Promise<void>;
}

export function workAlone(client: ClickHouseClient): SharedWork {
  return { insert: (facts) => facts.insert(client), recomputeTraces: (rows) => recomputeTraces(client, rows) };
}

export function workTogether(client: ClickHouseClient): SharedWork {
  const inserts = new InsertGate(client);
  const traceRows = new TraceRowGate(client);
  return { insert: (facts) => inserts.insert(facts), recomputeTraces: (rows) => traceRows.recompute(rows) };
}
