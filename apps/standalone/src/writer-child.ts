/** Supervises the writer process: passes the progress of the logs on, and starts it again with back-off when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LiveFeed } from '@fluoroscope/api/api';
import type { MetricWriterCounters, WriterCounters } from '@fluoroscope/contract/counters';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import type { Logger } from '@fluoroscope/runtime/logger';
import type { FromWriter, StoredLog, ToWriter, WriterSetup } from './messages.js';

const backoffMs = [50, 200, 500, 1_000, 2_000] as const;
const healthyAfterMs = 10_000;
const closeLimitMs = 3_500;

interface WriterEvents {
  /** It cannot run here at all; one line for the user. */
  failed: [error: Error];
  ready: [];
}

export class WriterChild extends EventEmitter<WriterEvents> {
  readonly live = new LiveFeed();
  counters: WriterCounters | null = null;
  metricCounters: MetricWriterCounters | null = null;
  troubleSinceMs: number | null = null;
  /** Why it cannot begin yet; null when it has begun. */
  waitingBecause: string | null = null;
  restarts = 0;
  /** Null until they are known. */
  private groups: GroupRecord[] | null = null;
  private child: ChildProcess | null = null;
  private startedAtMs = 0;
  private failures = 0;
  private closing = false;

  constructor(
    private readonly setup: WriterSetup,
    private readonly logger: Logger,
  ) {
    super();
    this.live.onWatch(() => this.say({ kind: 'watch', interest: this.live.interest }));
    this.launch();
  }

  /** Null between two processes. */
  pid(): number | null {
    return this.child?.pid ?? null;
  }

  advance(log: StoredLog, endPosition: number): void {
    this.setup.logs[log].endPosition = endPosition;
    this.say({ kind: 'durable', log, endPosition });
  }

  setGroups(groups: GroupRecord[]): void {
    this.groups = groups;
    this.say({ kind: 'groups', groups });
  }

  async close(): Promise<void> {
    this.closing = true;
    const { child } = this;
    if (!child) return;
    const gone = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), closeLimitMs);
    this.say({ kind: 'close' });
    await gone;
    clearTimeout(timer);
  }

  private launch(): void {
    const entry = fileURLToPath(new URL('../dist/writer-process.js', import.meta.url));
    const child = fork(entry);
    this.child = child;
    // Not in its arguments, which every user of the machine can read.
    this.say({ kind: 'setup', setup: this.setup });
    this.startedAtMs = Date.now();
    child.on('message', (message: FromWriter) => this.hear(message));
    child.on('error', (error) => this.logger.error({ err: error }, 'the writer process'));
    child.once('exit', (code, signal) => this.gone(code ?? signal));
  }

  private gone(how: number | string | null): void {
    this.child = null;
    if (this.closing) return;
    this.failures = Date.now() - this.startedAtMs > healthyAfterMs ? 0 : this.failures + 1;
    const waitMs = backoffMs[Math.min(this.failures, backoffMs.length - 1)] ?? 0;
    this.restarts++;
    this.logger.warn({ how, waitMs }, 'the writer process ended; starting it again');
    setTimeout(() => !this.closing && this.launch(), waitMs);
  }

  private say(message: ToWriter): void {
    if (this.child?.connected) this.child.send(message, () => {}); // a child that is gone is handled by its exit
  }

  private hear(message: FromWriter): void {
    if (message.kind === 'counters') this.count(message);
    else if (message.kind === 'waiting') this.waitingBecause = message.reason;
    else if (message.kind === 'failed') this.emit('failed', new Error(message.problem));
    else if (message.kind !== 'ready') this.live.hear(message);
    else {
      this.waitingBecause = null;
      this.say({ kind: 'watch', interest: this.live.interest });
      if (this.groups !== null) this.say({ kind: 'groups', groups: this.groups });
      this.emit('ready');
    }
  }

  private count({ segments, metrics, troubleSinceMs }: FromWriter & { kind: 'counters' }): void {
    this.counters = segments;
    this.metricCounters = metrics;
    this.troubleSinceMs = troubleSinceMs;
  }
}
