/**
 * Everything in one process tree: the recorder thread (X-Ray port and disk log), the api on the main thread, the writer and
 * the embedded ClickHouse as child processes. On Kafka the same parts are processes of their own: see kafka-tree.ts.
 *
 * Start: log and ClickHouse, then the api, then the X-Ray port and the writer. Stop: the other way round, so that what was
 * received is appended, and what was appended is stored where there is time; the log keeps the rest.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Access, type Api, startApi, storedIn } from '@fluoroscope/api/api';
import { type ClickHouseAddress, type ClickHouseClient, connect, connectToAll } from '@fluoroscope/clickhouse/clickhouse';
import { type EmbeddedClickHouse, unsupportedPlatform } from '@fluoroscope/clickhouse/embedded';
import { serversOf, shardOf } from '@fluoroscope/clickhouse/servers';
import { uploadTargetOf } from '@fluoroscope/daemon/daemon';
import type { ControlFold } from '@fluoroscope/log/control-changes';
import { ControlLog } from '@fluoroscope/log/control-log';
import type { Config } from '@fluoroscope/runtime/config';
import type { HealthReport } from '@fluoroscope/runtime/health';
import { httpPortProblem } from '@fluoroscope/runtime/http-port';
import type { Logger } from '@fluoroscope/runtime/logger';
import { ControlState } from '@fluoroscope/xray/control-state';
import { PassingState } from '@fluoroscope/xray/passing-state';
import { exposeTree } from './counters.js';
import { logCapsOf, logShare, makeFolder, startEngine } from './data-folder.js';
import { type LogName, perLog, perStoredLog, type WriterSetup } from './messages.js';
import { Recorder } from './recorder.js';
import { WriterChild } from './writer-child.js';

/** ClickHouse may be away this long before the installation calls itself degraded. */
const troubleAfterMs = 2_000;

/** How long the start waits for the writer's migrations. */
const writerPatienceMs = 3_000;

export interface Standalone {
  httpUrl: string;
  xrayPort: number;
  /** The processes of the tree, for tests that end them. */
  pids(): { writer: number | null; clickhouse: number | null };
  /** Reads keys and certificate again, as far as they can be used. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface StandaloneOptions {
  config: Config;
  logger: Logger;
  /** The tree cannot go on; one line for the user. */
  onFailure: (problem: string) => void;
}

export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const tree = new ProcessTree(options);
  try {
    await tree.start();
  } catch (error) {
    await tree.close();
    throw error;
  }
  return tree;
}

interface ApiParts {
  recorder: Recorder;
  writer: WriterChild;
  address: ClickHouseAddress;
  access: Access;
}

class ProcessTree implements Standalone {
  httpUrl = '';
  xrayPort = 0;
  private recorder: Recorder | null = null;
  private embedded: EmbeddedClickHouse | null = null;
  private writer: WriterChild | null = null;
  private api: Api | null = null;
  private access: Access | null = null;
  private folds: { close(): Promise<void> }[] = [];
  private clients: ClickHouseClient[] = [];
  private isStarted = false;
  /** With which the X-Ray port signs what it forwards; of this process tree alone, and new at every start. */
  private readonly daemonKey = { id: 'daemon', secret: randomBytes(32).toString('base64url') };

  constructor(private readonly options: StandaloneOptions) {}

  async start(): Promise<void> {
    const { config, onFailure } = this.options;
    const problem = config.clickhouseShards === undefined ? unsupportedPlatform() : null;
    if (problem !== null) throw new Error(problem);
    this.access = await Access.open(config, [{ ...this.daemonKey, policy: 'write-only', name: 'daemon', requestsPerSecond: null }]);
    makeFolder(config.dataDir);
    const recorder = await this.openRecorder();
    const address = await this.openClickHouse();
    const writer = new WriterChild(this.writerSetup(address, recorder), this.options.logger);
    this.writer = writer;
    writer.once('failed', (error) => onFailure(error.message));
    perStoredLog((log) => recorder.logs[log].on('durable', (endPosition) => writer.advance(log, endPosition)));
    exposeTree({ recorder, writer, embedded: this.embedded });
    // So that the api finds its tables; an installation whose ClickHouse is away starts all the same.
    await Promise.race([once(writer, 'ready'), sleep(writerPatienceMs, undefined, { ref: false })]);
    this.api = await this.openApi({ recorder, writer, address, access: this.access });
    this.httpUrl = this.api.url;
    await recorder.listen(this.api.localUrl, config.auth === 'sigv4' ? { ...this.daemonKey, region: config.region } : undefined);
    recorder.once('failed', (error) => onFailure(error.message));
    this.xrayPort = recorder.port;
    this.isStarted = true;
  }

  pids(): { writer: number | null; clickhouse: number | null } {
    return { writer: this.writer?.pid() ?? null, clickhouse: this.embedded?.pid() ?? null };
  }

  async reload(): Promise<void> {
    await this.access?.reload((certificate) => this.api?.renew(certificate), this.options.logger);
  }

  async close(): Promise<void> {
    await this.recorder?.stopListening();
    await this.api?.close();
    for (const log of this.folds) await log.close();
    await this.recorder?.close();
    await this.writer?.close();
    for (const client of this.clients) await client.close();
    await this.embedded?.close();
  }

  private async openRecorder(): Promise<Recorder> {
    const { config } = this.options;
    this.recorder = await Recorder.open({
      folders: perLog((log) => this.logFolder(log)),
      capBytes: logCapsOf(config),
      hosts: config.xrayHosts,
      port: config.xrayPort,
      allowedHosts: config.allowedHosts,
      upload: uploadTargetOf(config),
      logLevel: config.logLevel,
    });
    return this.recorder;
  }

  /** After the log, whose lock keeps a second process tree out of the folder. */
  private async openClickHouse(): Promise<ClickHouseAddress> {
    const { config, logger } = this.options;
    const servers = serversOf(config);
    // Its log has one partition.
    if (servers !== null) return shardOf(servers, 0);
    this.embedded = await startEngine(config, logger);
    const { url, username, password } = this.embedded;
    return { url, username, password };
  }

  private async openApi({ recorder, writer, address, access }: ApiParts): Promise<Api> {
    const { config, logger } = this.options;
    const control = await this.openFold(recorder, { name: 'control', state: new ControlState() });
    const statistics = await this.openFold(recorder, { name: 'sampling', state: new PassingState(), keptBytes: 0 });
    this.folds = [control.log, statistics.log];
    const tellGroups = () => writer.setGroups(control.state.groups.records());
    control.log.onApplied(tellGroups);
    tellGroups();
    const [client, own] = [connectToAll(address), connect(address)];
    this.clients = [client, own];
    return startApi({
      ...access.given(),
      hosts: config.hosts,
      port: config.httpPort,
      allowedHosts: config.allowedHosts,
      log: recorder.logs.segments.appender,
      metricLog: recorder.logs.metrics.appender,
      ...storedIn(client, [own]),
      control,
      statistics,
      live: writer.live,
      health: () => this.health(),
      ingest: () => ({ daemon: recorder.counters, writer: writer.counters, partitions: [] }),
      uiFolder: fileURLToPath(new URL('../../ui/dist', import.meta.url)),
      region: config.region,
      accountId: config.accountId,
      logger,
    }).catch((error) => {
      throw httpPortProblem(error, config);
    });
  }

  /** State that is folded from one of the logs, up to date with it from here on. */
  private async openFold<Outcome, State extends ControlFold<Outcome>>(
    recorder: Recorder,
    { name, state, keptBytes }: { name: LogName; state: State & ControlFold<Outcome>; keptBytes?: number },
  ): Promise<{ log: ControlLog<Outcome>; state: State }> {
    const recorded = recorder.logs[name];
    const log = await ControlLog.open({
      folder: this.logFolder(name),
      name: 'api',
      appender: recorded.appender,
      durablePosition: recorded.endPosition,
      fold: state,
      ...(keptBytes === undefined ? {} : { keptBytes }),
      logger: this.options.logger,
    });
    recorded.on('durable', (endPosition) => log.advance(endPosition));
    // What became durable while it was opened.
    log.advance(recorded.endPosition);
    return { log, state };
  }

  private writerSetup(clickhouse: ClickHouseAddress, { logs: recorded }: Recorder): WriterSetup {
    const { retentionDays, diskMaxBytes, logLevel, clickhouseShards } = this.options.config;
    const databaseMaxBytes = clickhouseShards === undefined ? Math.floor(diskMaxBytes * (1 - logShare)) : 0;
    const logs = perStoredLog((log) => ({ folder: this.logFolder(log), endPosition: recorded[log].endPosition }));
    return { logs, clickhouse, retentionDays, diskMaxBytes: databaseMaxBytes, logLevel };
  }

  /** This process's own part is to append; storage may be away while the log takes what comes. */
  private health(): HealthReport {
    const parts = {
      log: this.logHealth('segments'),
      'metric log': this.logHealth('metrics'),
      'control log': this.logHealth('control'),
      'sampling log': this.logHealth('sampling'),
      clickhouse: this.clickhouseHealth(),
      writer: this.writer?.pid() === null ? 'starting again' : 'ok',
    };
    if (!this.isStarted) return { status: 'unavailable', reason: 'the installation is still starting', parts };
    const brokenBy = this.recorder?.logs.segments.report?.brokenBy ?? null;
    if (brokenBy !== null) return { status: 'unavailable', reason: brokenBy, parts };
    const isDegraded = Object.values(parts).some((part) => part !== 'ok');
    return { status: isDegraded ? 'degraded' : 'ok', parts };
  }

  private logHealth(name: LogName): string {
    const report = this.recorder?.logs[name].report;
    return report?.brokenBy ?? report?.fullBecause ?? 'ok';
  }

  private clickhouseHealth(): string {
    if (this.embedded !== null && this.embedded.pid() === undefined) return 'starting again';
    const waiting = this.writer?.waitingBecause ?? null;
    if (waiting !== null) return waiting;
    const since = this.writer?.troubleSinceMs ?? null;
    return since !== null && Date.now() - since > troubleAfterMs ? 'does not take what it is given' : 'ok';
  }

  private logFolder(name: LogName): string {
    return join(this.options.config.dataDir, name === 'segments' ? 'log' : name);
  }
}
