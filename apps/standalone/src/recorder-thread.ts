/**
 * The thread that nothing else can stall: it owns the X-Ray port and the disk logs (what arrives, what people edit,
 * and what samplers report), and appends for the whole process tree.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Daemon, startDaemon } from '@fluoroscope/daemon/daemon';
import { controlLogBytes } from '@fluoroscope/log/control-log';
import { DiskLog, type DiskLogOptions } from '@fluoroscope/log/disk-log';
import { serveLogPort } from '@fluoroscope/log/log-port';
import { createLogger, type Logger } from '@fluoroscope/runtime/logger';
import type { Credentials } from '@fluoroscope/runtime/sigv4';
import { countersMs, type FromRecorder, type RecorderSetup, type ToRecorder } from './messages.js';

/** Between the socket and the log: about half a second at 100,000 small documents a second. */
const bufferBytes = 64 * 1024 * 1024;

/** Of what samplers report: what no snapshot covers yet, and plenty of room while one waits. */
const statisticsLogBytes = 32 * 1024 * 1024;

interface Appenders {
  documents: MessagePort;
  changes: MessagePort;
  statistics: MessagePort;
}

interface Logs {
  documents: DiskLog;
  control: DiskLog;
  statistics: DiskLog;
}

class Recorder {
  private daemon: Daemon | null = null;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly setup: RecorderSetup,
    private readonly logs: Logs,
    private readonly logger: Logger,
  ) {
    logs.documents.onDurable((endPosition) => say({ kind: 'durable', endPosition }));
    logs.control.onDurable((endPosition) => say({ kind: 'control durable', endPosition }));
    logs.statistics.onDurable((endPosition) => say({ kind: 'statistics durable', endPosition }));
    this.timer = setInterval(() => this.report(), countersMs);
  }

  static async open(setup: RecorderSetup): Promise<Recorder> {
    const logger = createLogger({ name: 'daemon', level: setup.logLevel as 'info' });
    const documents = await DiskLog.open({ folder: setup.logFolder, capBytes: setup.logCapBytes, logger });
    const control = await openFolded({ folder: setup.controlFolder, capBytes: controlLogBytes, logger });
    const statistics = await openFolded({ folder: setup.statisticsFolder, capBytes: statisticsLogBytes, logger });
    const ends = { controlEnd: control.endPosition(), statisticsEnd: statistics.endPosition() };
    say({ kind: 'opened', endPosition: documents.endPosition(), ...ends });
    return new Recorder(setup, { documents, control, statistics }, logger);
  }

  serve({ documents, changes, statistics }: Appenders): void {
    serveLogPort(documents, this.logs.documents);
    serveLogPort(changes, this.logs.control);
    serveLogPort(statistics, this.logs.statistics);
  }

  async listen({ apiUrl, credentials }: { apiUrl: string; credentials: Credentials | undefined }): Promise<void> {
    const { hosts, port, allowedHosts, uploadUrl } = this.setup;
    const upload = uploadUrl === undefined ? {} : { upload: { url: uploadUrl } };
    this.daemon = await startDaemon({
      hosts,
      port,
      log: this.logs.documents,
      logger: this.logger,
      bufferBytes,
      apiUrl,
      credentials,
      allowedHosts,
      ...upload,
    });
    say({ kind: 'listening', port: this.daemon.port });
  }

  async stopListening(): Promise<void> {
    await this.daemon?.close();
    this.report();
    say({ kind: 'stopped listening' });
  }

  async close(): Promise<void> {
    await this.daemon?.close();
    clearInterval(this.timer);
    for (const log of Object.values(this.logs)) await log.close();
    say({ kind: 'closed' });
  }

  private report(): void {
    const log = this.logs.documents;
    const brokenBy = log.brokenBy()?.message ?? null;
    say({ kind: 'counters', counters: this.daemon?.counters() ?? null, brokenBy, logBytes: log.counters().bytes });
  }
}

/** A log that is folded into memory: whoever keeps its records shows no other sign of life than its snapshots. */
function openFolded(options: DiskLogOptions): Promise<DiskLog> {
  return DiskLog.open({ ...options, readerGoneMs: Number.POSITIVE_INFINITY });
}

function say(message: FromRecorder): void {
  parentPort?.postMessage(message);
}

function fail(error: unknown): void {
  say({ kind: 'failed', problem: error instanceof Error ? error.message : String(error) });
}

const { setup, appenders } = workerData as { setup: RecorderSetup; appenders: Appenders };
const opened = Recorder.open(setup);
opened.then((recorder) => recorder.serve(appenders), fail);
parentPort?.on('message', (message: ToRecorder) => {
  opened.then((recorder) => obey(recorder, message)).catch(fail);
});

async function obey(recorder: Recorder, message: ToRecorder): Promise<void> {
  if (message.kind === 'listen') return recorder.listen(message);
  if (message.kind === 'stop listening') return recorder.stopListening();
  await recorder.close();
  parentPort?.close();
}
