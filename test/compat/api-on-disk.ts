/**
 * A real api on a real disk log and a real port, with storage away: what needs ClickHouse fails, and nothing else does.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XRayClient } from '@aws-sdk/client-xray';
import { type Api, type ApiLogger, type ApiOptions, startApi } from '@fluoroscope/api/api';
import type { Deployment } from '@fluoroscope/contract/deployments';
import type { ShardRows, SliceRows } from '@fluoroscope/contract/graph';
import type { LiveInterest, LiveTraces } from '@fluoroscope/contract/live';
import type { ControlFold } from '@fluoroscope/log/control-changes';
import { ControlLog } from '@fluoroscope/log/control-log';
import { DiskLog, type DiskLogOptions } from '@fluoroscope/log/disk-log';
import { ControlState } from '@fluoroscope/xray/control-state';
import { PassingState } from '@fluoroscope/xray/passing-state';

export interface ApiOnDisk {
  api: Api;
  log: DiskLog;
  metricLog: DiskLog;
  /** Lines that the api logged as warnings and errors. */
  lines: string[];
  /** Sends rows as the writer does. */
  send(rows: SliceRows[]): void;
  sendTraces(traces: Partial<LiveTraces>): void;
  /** What the api has asked of the writer, the latest last. */
  interests: LiveInterest[];
  sendDeployments(deployments: Deployment[]): void;
  control: ApiOptions['control'];
  /** Closes the logs of what people edit and of what samplers report, as if the disk had failed. */
  breakLogs(): Promise<void>;
  close(): Promise<void>;
}

/** As Node.js says it of a port at which nobody listens. */
const away = () => Promise.reject(Object.assign(new Error('storage is away'), { code: 'ECONNREFUSED' }));

const storageAway = {
  graph: { serviceGraph: away, hasOldMembers: away, sampled: away, slices: away, groupSlices: away },
  history: { slices: away, series: away, course: away },
  faults: { courses: away, expectations: away, counts: away, firstSlice: away },
  traces: { lines: away, documents: away, fewDocuments: away, groups: away, find: away, candidates: away },
  links: { linksOf: away },
  traceList: { page: away, total: away },
  deployments: { between: away },
  dead: { list: away, remove: away },
  metrics: { periods: away, metrics: away },
};

export async function startApiOnDisk(overrides: Partial<ApiOptions> = {}): Promise<ApiOnDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-api-'));
  const lines: string[] = [];
  const interests: LiveInterest[] = [];
  const traceListeners = new Set<(traces: LiveTraces) => void>();
  const listeners = new Set<(rows: ShardRows[]) => void>();
  const news = new Set<(deployments: Deployment[]) => void>();
  const logger = loggerInto(lines);
  const log = await DiskLog.open({ folder: join(folder, 'log'), capBytes: 64 * 1024 * 1024, logger });
  const metricLog = await DiskLog.open({ folder: join(folder, 'metrics'), capBytes: 64 * 1024 * 1024, logger });
  const live = {
    onSlices(listener: (rows: ShardRows[]) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onTraces(listener: (traces: LiveTraces) => void) {
      traceListeners.add(listener);
      return () => void traceListeners.delete(listener);
    },
    watch: (interest: LiveInterest) => void interests.push(interest),
    onDeployments(listener: (deployments: Deployment[]) => void) {
      news.add(listener);
      return () => void news.delete(listener);
    },
  };
  const control = await openFolded({ folder: join(folder, 'control'), logger }, new ControlState());
  const statistics = await openFolded({ folder: join(folder, 'sampling'), logger }, new PassingState());
  const api = await startApi({
    hosts: ['127.0.0.1'],
    port: 0,
    allowedHosts: [],
    log,
    metricLog,
    ...storageAway,
    control,
    statistics,
    live,
    health: () => ({ status: 'degraded', parts: { clickhouse: 'away' } }),
    ingest: () => ({ daemon: null, writer: null, partitions: [] }),
    uiFolder: join(folder, 'ui'),
    region: 'eu-west-1',
    accountId: '123456789012',
    logger,
    ...overrides,
  });
  const close = async () => {
    await api.close();
    for (const { log: folded, disk } of [control, statistics]) await folded.close().finally(() => disk.close());
    await log.close();
    await metricLog.close();
    await rm(folder, { recursive: true, force: true });
  };
  const send = (rows: SliceRows[]) => {
    for (const listener of listeners) listener(rows.map((row) => ({ ...row, shard: 0 })));
  };
  const sendTraces = (traces: Partial<LiveTraces>) => {
    for (const listener of traceListeners) listener({ rows: [], leftOut: 0, unseen: 0, arrived: [], stored: [], ...traces });
  };
  const sendDeployments = (deployments: Deployment[]) => {
    for (const listener of news) listener(deployments);
  };
  const breakLogs = async () => void (await Promise.all([control.disk.close(), statistics.disk.close()]));
  return { api, log, metricLog, lines, interests, send, sendTraces, sendDeployments, control, breakLogs, close };
}

function loggerInto(lines: string[]): ApiLogger {
  const keep = (_details: object, message: string) => void lines.push(message);
  return { info: () => {}, warn: keep, error: keep };
}

async function openFolded<State extends ControlFold<Outcome>, Outcome = ReturnType<State['apply']>>(
  options: Pick<DiskLogOptions, 'folder' | 'logger'>,
  state: State,
) {
  const disk = await DiskLog.open({ ...options, capBytes: 64 * 1024 * 1024 });
  const log = await ControlLog.open<Outcome>({
    ...options,
    name: 'api',
    appender: disk,
    durablePosition: disk.endPosition(),
    fold: state,
  });
  disk.onDurable((endPosition) => log.advance(endPosition));
  return { disk, log, state };
}

/** The official client, which tries once. */
export function clientOf(endpoint: string): XRayClient {
  return new XRayClient({ endpoint, region: 'eu-west-1', maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
}
