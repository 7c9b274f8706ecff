/**
 * The thread that nothing else can stall: it owns the X-Ray port and the disk logs (what arrives, and what
 * people edit), and appends for the whole process tree.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Daemon, startDaemon } from '@fluoroscope/daemon/daemon';
import { controlLogBytes } from '@fluoroscope/log/control-log';
import { DiskLog } from '@fluoroscope/log/disk-log';
import { serveLogPort } from '@fluoroscope/log/log-port';
import { createLogger, type Logger } from '@fluoroscope/runtime/logger';
import { countersMs, type FromRecorder, type RecorderSetup, type ToRecorder } from './messages.js';

/** Between the socket and the log: about half a second at 100,000 small documents a second. */
const bufferBytes = 64 * 1024 * 1024;

interface Appenders {
  documents: MessagePort;
  changes: MessagePort;
}

class Recorder {
  private daemon: Daemon | null = null;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly setup: RecorderSetup,
    private readonly log: DiskLog,
    private readonly control: DiskLog,
    private readonly logger: Logger,
  ) {
    log.onDurable((endPosition) => say({ kind: 'durable', endPosition }));
    control.onDurable((endPosition) => say({ kind: 'control durable', endPosition }));
    this.timer = setInterval(() => this.report(), countersMs);
  }

  static async open(setup: RecorderSetup): Promise<Recorder> {
    const logger = createLogger({ name: 'daemon', level: setup.logLevel as 'info' });
    const log = await DiskLog.open({ folder: setup.logFolder, capBytes: setup.logCapBytes, logger });
    const control = await DiskLog.open({
      folder: setup.controlFolder,
      capBytes: controlLogBytes,
      logger,
      // Whoever keeps records for the audit shows no other sign of life.
      readerGoneMs: Number.POSITIVE_INFINITY,
    });
    say({ kind: 'opened', endPosition: log.endPosition(), controlEnd: control.endPosition() });
    return new Recorder(setup, log, control, logger);
  }

  serve({ documents, changes }: Appenders): void {
    serveLogPort(documents, this.log);
    serveLogPort(changes, this.control);
  }

  async listen(apiUrl: string): Promise<void> {
    const { hosts, port, allowedHosts, uploadUrl } = this.setup;
    const upload = uploadUrl === undefined ? {} : { upload: { url: uploadUrl } };
    this.daemon = await startDaemon({ hosts, port, log: this.log, logger: this.logger, bufferBytes, apiUrl, allowedHosts, ...upload });
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
    await this.log.close();
    await this.control.close();
    say({ kind: 'closed' });
  }

  private report(): void {
    const brokenBy = this.log.brokenBy()?.message ?? null;
    say({ kind: 'counters', counters: this.daemon?.counters() ?? null, brokenBy, logBytes: this.log.counters().bytes });
  }
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
  if (message.kind === 'listen') return recorder.listen(message.apiUrl);
  if (message.kind === 'stop listening') return recorder.stopListening();
  await recorder.close();
  parentPort?.close();
}
