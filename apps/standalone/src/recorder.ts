/** The main thread's side of the recorder thread. */
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { DaemonCounters } from '@fluoroscope/contract/counters';
import type { LogAppender } from '@fluoroscope/log/log';
import { LogPortClient } from '@fluoroscope/log/log-port';
import type { Credentials } from '@fluoroscope/runtime/sigv4';
import { type FromRecorder, type LogName, type LogReport, perLog, type RecorderSetup, type ToRecorder } from './messages.js';

interface RecorderEvents {
  opened: [];
  listening: [];
  'stopped listening': [];
  failed: [error: Error];
  closed: [];
}

/** One of the thread's logs, as the main thread has it. */
export class RecordedLog extends EventEmitter<{ durable: [endPosition: number] }> {
  endPosition = 0;
  report: LogReport | null = null;

  constructor(readonly appender: LogAppender) {
    super();
  }

  advance(endPosition: number): void {
    this.endPosition = endPosition;
    this.emit('durable', endPosition);
  }
}

export class Recorder extends EventEmitter<RecorderEvents> {
  readonly logs: Record<LogName, RecordedLog>;
  port = 0;
  counters: DaemonCounters | null = null;
  private readonly worker: Worker;
  /** Nothing is waited for once the thread is gone. */
  private readonly ended: Promise<void>;

  private constructor(setup: RecorderSetup) {
    super();
    const channels = perLog(() => new MessageChannel());
    const appenders = perLog((log) => channels[log].port2);
    const thread = fileURLToPath(new URL('../dist/recorder-thread.js', import.meta.url));
    this.worker = new Worker(thread, { workerData: { setup, appenders }, transferList: Object.values(appenders) });
    this.logs = perLog((log) => new RecordedLog(new LogPortClient(channels[log].port1)));
    this.worker.on('message', (message: FromRecorder) => this.hear(message));
    this.worker.on('error', (error) => this.emit('failed', error));
    this.ended = new Promise((resolve) => this.worker.once('exit', () => resolve()));
  }

  /** Resolves when the logs are open; rejects with one line for the user. */
  static async open(setup: RecorderSetup): Promise<Recorder> {
    const recorder = new Recorder(setup);
    await recorder.until('opened');
    return recorder;
  }

  /** Resolves when the X-Ray port is bound. */
  async listen(apiUrl: string, credentials: Credentials | undefined): Promise<void> {
    const listening = this.until('listening');
    this.say({ kind: 'listen', apiUrl, credentials });
    await listening;
  }

  /** Takes no more datagrams, appends what is in hand, and reports for the last time. */
  async stopListening(): Promise<void> {
    const stopped = once(this, 'stopped listening');
    this.say({ kind: 'stop listening' });
    await Promise.race([stopped, this.ended]);
  }

  /** Lets go of the folders. */
  async close(): Promise<void> {
    const closed = once(this, 'closed');
    this.say({ kind: 'close' });
    await Promise.race([closed, this.ended]);
  }

  private async until(event: 'opened' | 'listening'): Promise<void> {
    const failed = once(this, 'failed').then(([error]) => Promise.reject(error));
    const ended = this.ended.then(() => Promise.reject(new Error('The thread that receives has ended: start again')));
    await Promise.race([once(this, event), failed, ended]);
  }

  private say(message: ToRecorder): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromRecorder): void {
    if (message.kind === 'failed') this.emit('failed', new Error(message.problem));
    else if (message.kind === 'durable') this.logs[message.log].advance(message.endPosition);
    else if (message.kind === 'counters') this.report(message);
    else this.reached(message);
  }

  private report({ daemon, logs }: FromRecorder & { kind: 'counters' }): void {
    this.counters = daemon;
    perLog((log) => {
      this.logs[log].report = logs[log];
    });
  }

  private reached(message: FromRecorder & { kind: 'opened' | 'listening' | 'stopped listening' | 'closed' }): void {
    if (message.kind === 'opened') perLog((log) => this.logs[log].advance(message.ends[log]));
    if (message.kind === 'listening') this.port = message.port;
    this.emit(message.kind);
  }
}
