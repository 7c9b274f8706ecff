import type { MetricReader } from '@fluoroscope/clickhouse/metric-reader';

/** What the operations that read need of storage. */
export type MetricSource = Pick<MetricReader, 'periods' | 'metrics'>;
