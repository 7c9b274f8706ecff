/**
 * The thread that nothing else can stall: it owns the X-Ray port and the disk logs (segments and metrics that arrive, what people
 * edit, and what samplers report), and appends for the whole process tree.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Daemon, startDaemon } from '@fluoroscope/daemon/daemon';
import { controlLogBytes } from '@fluoroscope/log/control-log';
import { DiskLog, type DiskLogOptions } from '@fluoroscope/log/disk-log';
import { serveLogPort } from '@fluoroscope/log/log-port';
import { createLogger, type Logger } from '@fluoroscope/runtime/logger';
import type { Credentials } from '@fluoroscope/runtime/sigv4';
import { countersMs, type FromRecorder, type LogName, type LogReport, perLog, type RecorderSetup, type ToRecorder } from './messages.js';

/** Between the socket and the log: about half a second at 100,000 small documents a second. */
const bufferBytes = 64 * 1024 * 1024;

/** Of what samplers report: what no snapshot covers yet, and plenty of room while one waits. */
const samplingLogBytes = 32 * 1024 * 1024;

class Recorder {
  private daemon: Daemon | null = null;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly setup: RecorderSetup,
    private readonly logs: Record<LogName, DiskLog>,
    private readonly logger: Logger,
  ) {
    perLog((log) => logs[log].onDurable((endPosition) => say({ kind: 'durable', log, endPosition })));
    this.timer = setInterval(() => this.report(), countersMs);
  }

  static async open(setup: RecorderSetup): Promise<Recorder> {
    const logger = createLogger({ name: 'daemon', level: setup.logLevel as 'info' });
    const { folders, capBytes } = setup;
    const logs = {
      segments: await DiskLog.open({ folder: folders.segments, capBytes: capBytes.segments, logger }),
      metrics: await DiskLog.open({ folder: folders.metrics, capBytes: capBytes.metrics, logger }),
      control: await openFolded({ folder: folders.control, capBytes: controlLogBytes, logger }),
      sampling: await openFolded({ folder: folders.sampling, capBytes: samplingLogBytes, logger }),
    };
    say({ kind: 'opened', ends: perLog((log) => logs[log].endPosition()) });
    return new Recorder(setup, logs, logger);
  }

  serve(appenders: Record<LogName, MessagePort>): void {
    perLog((log) => serveLogPort(appenders[log], this.logs[log]));
  }

  async listen({ apiUrl, credentials }: { apiUrl: string; credentials: Credentials | undefined }): Promise<void> {
    const { hosts, port, allowedHosts, upload } = this.setup;
    this.daemon = await startDaemon({
      hosts,
      port,
      log: this.logs.segments,
      logger: this.logger,
      bufferBytes,
      apiUrl,
      credentials,
      allowedHosts,
      ...(upload && { upload }),
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
    say({ kind: 'counters', daemon: this.daemon?.counters() ?? null, logs: perLog((log) => reportOf(this.logs[log])) });
  }
}

function reportOf(log: DiskLog): LogReport {
  return { counters: log.counters(), brokenBy: log.brokenBy()?.message ?? null, fullBecause: log.fullBecause()?.message ?? null };
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

const { setup, appenders } = workerData as { setup: RecorderSetup; appenders: Record<LogName, MessagePort> };
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
