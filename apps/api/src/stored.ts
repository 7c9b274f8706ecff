/** All that the api reads from ClickHouse, on one client; documents that were kept aside are taken out on the shard that has them. */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import { StoredDeadDocuments } from '@fluoroscope/clickhouse/dead-documents';
import { StoredDeployments } from '@fluoroscope/clickhouse/deployments';
import { StoredFaultReader } from '@fluoroscope/clickhouse/fault-reader';
import { StoredGraphReader } from '@fluoroscope/clickhouse/graph-reader';
import { StoredHistoryReader } from '@fluoroscope/clickhouse/history-reader';
import { StoredLinkReader } from '@fluoroscope/clickhouse/link-reader';
import { MetricReader } from '@fluoroscope/clickhouse/metric-reader';
import { StoredTraceListReader } from '@fluoroscope/clickhouse/trace-list-reader';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { ApiOptions } from './api-options.js';

type Stored = Pick<ApiOptions, 'graph' | 'history' | 'faults' | 'traces' | 'links' | 'traceList' | 'deployments' | 'dead' | 'metrics'>;

export function storedIn(client: ClickHouseClient, shards: readonly ClickHouseClient[] = [client]): Stored {
  return {
    graph: new StoredGraphReader(client),
    history: new StoredHistoryReader(client),
    faults: new StoredFaultReader(client),
    traces: new StoredTraceReader(client),
    links: new StoredLinkReader(client),
    traceList: new StoredTraceListReader(client),
    deployments: new StoredDeployments(client),
    metrics: new MetricReader(client),
    dead: new StoredDeadDocuments(client, shards),
  };
}
