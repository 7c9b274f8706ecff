/** The writer as a child process: told by its parent how far the log is durable, and telling it what changes. */
import { UnusableServer } from '@fluoroscope/clickhouse/migrate';
import { DiskLogReader } from '@fluoroscope/log/disk-log-reader';
import { createLogger, type Logger } from '@fluoroscope/runtime/logger';
import { leaveSignalsToParent } from '@fluoroscope/runtime/shutdown';
import { startWriter, type Writer } from '@fluoroscope/writer/writer';
import { countersMs, type FromWriter, type ToWriter, type WriterSetup } from './messages.js';

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
  const close = (writer: Writer) => writer.close().then(() => process.exit(0), fail);
  const reader = await DiskLogReader.open({ folder: setup.logFolder, name: 'writer', durablePosition: setup.endPosition, logger });
  process.on('message', (message: ToWriter) => message.kind === 'durable' && reader.advance(message.endPosition));
  const { clickhouse, retentionDays, diskMaxBytes } = setup;
  const writer = await startWriter({
    reader,
    clickhouse,
    retentionDays,
    diskMaxBytes,
    onWaiting: (reason) => say({ kind: 'waiting', reason }),
    publish: say,
    onFailure: fail,
    logger: lines,
  });
  const report = () => say({ kind: 'counters', counters: writer.counters(), troubleSinceMs: writer.troubleSinceMs() });
  setInterval(report, countersMs);
  process.on('message', (message: ToWriter) => message.kind === 'close' && void close(writer));
  process.on('message', (message: ToWriter) => message.kind === 'watch' && writer.watch(message.interest));
  process.on('message', (message: ToWriter) => message.kind === 'groups' && writer.setGroups(message.groups));
  leaveSignalsToParent(() => void close(writer));
  say({ kind: 'ready' });
}

function say(message: FromWriter): void {
  if (process.connected) process.send?.(message);
}
