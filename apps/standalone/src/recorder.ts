/** The main thread's side of the recorder thread. */
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { DaemonCounters } from '@fluoroscope/contract/counters';
import type { LogAppender } from '@fluoroscope/log/log';
import { LogPortClient } from '@fluoroscope/log/log-port';
import type { Credentials } from '@fluoroscope/runtime/sigv4';
import type { FromRecorder, RecorderSetup, ToRecorder } from './messages.js';

interface RecorderEvents {
  opened: [];
  listening: [];
  'stopped listening': [];
  durable: [endPosition: number];
  'control durable': [endPosition: number];
  'statistics durable': [endPosition: number];
  failed: [error: Error];
  closed: [];
}

export class Recorder extends EventEmitter<RecorderEvents> {
  readonly log: LogAppender;
  /** Of the control log. */
  readonly changes: LogAppender;
  /** Of the log of sampling statistics. */
  readonly statistics: LogAppender;
  endPosition = 0;
  controlEnd = 0;
  statisticsEnd = 0;
  port = 0;
  counters: DaemonCounters | null = null;
  /** Why the log takes nothing any more; null while it works. */
  brokenBy: string | null = null;
  logBytes = 0;
  private readonly worker: Worker;

  private constructor(setup: RecorderSetup) {
    super();
    const documents = new MessageChannel();
    const changes = new MessageChannel();
    const statistics = new MessageChannel();
    const appenders = { documents: documents.port2, changes: changes.port2, statistics: statistics.port2 };
    const thread = fileURLToPath(new URL('../dist/recorder-thread.js', import.meta.url));
    this.worker = new Worker(thread, { workerData: { setup, appenders }, transferList: Object.values(appenders) });
    this.log = new LogPortClient(documents.port1);
    this.changes = new LogPortClient(changes.port1);
    this.statistics = new LogPortClient(statistics.port1);
    this.worker.on('message', (message: FromRecorder) => this.hear(message));
    this.worker.on('error', (error) => this.emit('failed', error));
    this.worker.on('exit', () => this.emit('closed'));
  }

  /** Resolves when the log is open; rejects with one line for the user. */
  static async open(setup: RecorderSetup): Promise<Recorder> {
    const recorder = new Recorder(setup);
    await recorder.until('opened');
    return recorder;
  }

  /** Resolves when the X-Ray port is bound. */
  async listen(apiUrl: string, credentials: Credentials | undefined): Promise<void> {
    this.say({ kind: 'listen', apiUrl, credentials });
    await this.until('listening');
  }

  /** Takes no more datagrams, appends what is in hand, and reports for the last time. */
  async stopListening(): Promise<void> {
    const stopped = once(this, 'stopped listening');
    this.say({ kind: 'stop listening' });
    await stopped;
  }

  /** Lets go of the folder. */
  async close(): Promise<void> {
    const closed = once(this, 'closed');
    this.say({ kind: 'close' });
    await closed;
  }

  private async until(event: 'opened' | 'listening'): Promise<void> {
    const failed = once(this, 'failed').then(([error]) => Promise.reject(error));
    await Promise.race([once(this, event), failed]);
  }

  private say(message: ToRecorder): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromRecorder): void {
    if (message.kind === 'failed') this.emit('failed', new Error(message.problem));
    else if (message.kind === 'counters') this.report(message);
    else if (message.kind === 'closed') this.emit('closed');
    else if (message.kind === 'control durable') this.advanceControl(message.endPosition);
    else if (message.kind === 'statistics durable') this.advanceStatistics(message.endPosition);
    else this.advance(message);
  }

  private report({ counters, brokenBy, logBytes }: FromRecorder & { kind: 'counters' }): void {
    Object.assign(this, { counters, brokenBy, logBytes });
  }

  private advanceControl(endPosition: number): void {
    this.controlEnd = endPosition;
    this.emit('control durable', endPosition);
  }

  private advanceStatistics(endPosition: number): void {
    this.statisticsEnd = endPosition;
    this.emit('statistics durable', endPosition);
  }

  private advance(message: FromRecorder & { kind: 'opened' | 'listening' | 'stopped listening' | 'durable' }): void {
    if (message.kind === 'listening') this.port = message.port;
    if (message.kind === 'opened' || message.kind === 'durable') this.endPosition = message.endPosition;
    if (message.kind === 'opened') Object.assign(this, { controlEnd: message.controlEnd, statisticsEnd: message.statisticsEnd });
    if (message.kind === 'durable') this.emit('durable', message.endPosition);
    else this.emit(message.kind);
  }
}
