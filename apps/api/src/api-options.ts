/** What an api is made of: addresses, who may call, and the seams through which it reads and appends. */
import type { DeadDocuments } from '@fluoroscope/clickhouse/dead-documents';
import type { DeploymentReader } from '@fluoroscope/clickhouse/deployments';
import type { FaultReader } from '@fluoroscope/clickhouse/fault-reader';
import type { GraphReader } from '@fluoroscope/clickhouse/graph-reader';
import type { HistoryReader } from '@fluoroscope/clickhouse/history-reader';
import type { LinkReader } from '@fluoroscope/clickhouse/link-reader';
import type { TraceListReader } from '@fluoroscope/clickhouse/trace-list-reader';
import type { TraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { LogAppender } from '@fluoroscope/log/log';
import type { HealthReport } from '@fluoroscope/runtime/health';
import type { KeyRing } from './access/key-ring.js';
import type { MetricSource } from './cloudwatch/metric-source.js';
import type { ControlSource } from './dashboard/control-source.js';
import type { DeadMessageSource } from './dead-messages-controller.js';
import type { Certificate } from './front-door.js';
import type { IngestSource } from './live/ingest-room.js';
import type { LiveSource } from './live/live-source.js';
import type { ApiLogger } from './tokens.js';
import type { StatisticsSource } from './xray/statistics-source.js';

export interface ApiOptions {
  /** Addresses to bind; the first must be there. */
  hosts: string[];
  /** 0 lets the system choose. */
  port: number;
  /** Host names that requests may carry besides our own addresses. */
  allowedHosts: string[];
  /** Whose requests are let in; without them everybody's are. */
  keys?: KeyRing;
  /** For HTTPS; without it the port speaks HTTP. */
  certificate?: Certificate;
  /** Of segments. */
  log: LogAppender;
  /** Of what calls of PutMetricData say. */
  metricLog: LogAppender;
  graph: GraphReader;
  history: HistoryReader;
  faults: FaultReader;
  traces: TraceReader;
  links: LinkReader;
  traceList: TraceListReader;
  control: ControlSource;
  statistics: StatisticsSource;
  deployments: DeploymentReader;
  dead: DeadDocuments;
  metrics: MetricSource;
  /** Of Kafka; a log on disk has none. */
  deadMessages?: DeadMessageSource;
  live: LiveSource;
  health: () => HealthReport;
  ingest: IngestSource;
  /** The built UI; without it only the APIs answer. */
  uiFolder: string;
  region: string;
  accountId: string;
  logger: ApiLogger;
}
