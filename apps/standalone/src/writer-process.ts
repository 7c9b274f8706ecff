/**
 * The writers of the segments and of the metrics in a child process: told by its parent how far each log is durable, and telling it
 * what changes. When one of them cannot go on, both begin anew.
 */
import { UnusableServer } from '@fluoroscope/clickhouse/migrate';
import { DiskLogReader } from '@fluoroscope/log/disk-log-reader';
import { earliestOf } from '@fluoroscope/runtime/health';
import { createLogger, type Logger } from '@fluoroscope/runtime/logger';
import { leaveSignalsToParent } from '@fluoroscope/runtime/shutdown';
import { type MetricWriter, startMetricWriter } from '@fluoroscope/writer/metric-writer';
import { startWriter, type Writer } from '@fluoroscope/writer/writer';
import { countersMs, type FromWriter, type StoredLog, type ToWriter, type WriterSetup } from './messages.js';

/** The supervisor starts it again. */
const failedExitCode = 1;

process.once('message', (message: ToWriter) => {
  if (message.kind === 'setup') start(message.setup);
});

function start(setup: WriterSetup): void {
  const logger = createLogger({ name: 'writer', level: setup.logLevel as 'info' });
  const fail = (error: unknown) => {
    if (error instanceof UnusableServer) say({ kind: 'failed', problem: error.message });
    else logger.error({ err: error }, 'the writer cannot go on');
    setTimeout(() => process.exit(failedExitCode), 50); // the message travels first
  };
  run(setup, logger, fail).catch(fail);
}

async function run(setup: WriterSetup, logger: Logger, fail: (error: unknown) => void): Promise<void> {
  const lines = { info: (message: string) => logger.info(message), warn: (message: string) => logger.warn(message) };
  const { clickhouse, retentionDays, diskMaxBytes } = setup;
  const told = { clickhouse, onFailure: fail, logger: lines };
  const readers = { segments: await openReader(setup, 'segments', logger), metrics: await openReader(setup, 'metrics', logger) };
  process.on('message', (message: ToWriter) => message.kind === 'durable' && readers[message.log].advance(message.endPosition));
  const onWaiting = (reason: string) => say({ kind: 'waiting', reason });
  const writer = await startWriter({ ...told, reader: readers.segments, retentionDays, diskMaxBytes, onWaiting, publish: say });
  const metricWriter = await startMetricWriter({ ...told, reader: readers.metrics });
  setInterval(() => report(writer, metricWriter), countersMs);
  const close = () => Promise.all([writer.close(), metricWriter.close()]).then(() => process.exit(0), fail);
  process.on('message', (message: ToWriter) => message.kind === 'close' && void close());
  process.on('message', (message: ToWriter) => message.kind === 'watch' && writer.watch(message.interest));
  process.on('message', (message: ToWriter) => message.kind === 'groups' && writer.setGroups(message.groups));
  leaveSignalsToParent(() => void close());
  say({ kind: 'ready' });
}

function openReader({ logs }: WriterSetup, log: StoredLog, logger: Logger): Promise<DiskLogReader> {
  const { folder, endPosition } = logs[log];
  return DiskLogReader.open({ folder, name: 'writer', durablePosition: endPosition, logger });
}

function report(writer: Writer, metricWriter: MetricWriter): void {
  const troubleSinceMs = earliestOf([writer.troubleSinceMs(), metricWriter.troubleSinceMs()]);
  say({ kind: 'counters', segments: writer.counters(), metrics: metricWriter.counters(), troubleSinceMs });
}

function say(message: FromWriter): void {
  if (process.connected) process.send?.(message);
}
