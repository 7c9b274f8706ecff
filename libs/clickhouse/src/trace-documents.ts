/** Reads the winning version of every document of some traces. */
import { type ClickHouseClient, rowsOf } from './clickhouse.js';

/** Trace and ID in hexadecimal digits; the start of a segment in epoch microseconds, 0 for an independent subsegment. */
export type DocumentRow = [trace: string, id: string, raw: string, startMicros: number];

/** As many as a UInt32 says, which is no bound. */
const allRows = 2 ** 32 - 1;

/** In the order of traces and IDs, at most `limit`. Traces by 32 hexadecimal digits. */
export function documentRows(client: ClickHouseClient, traces: readonly string[], limit = allRows): Promise<DocumentRow[]> {
  return rowsOf<DocumentRow>(client, 'trace-documents', { trace_ids: traces, limit });
}
