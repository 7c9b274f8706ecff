/** One process of the tree on Kafka: starts it again with back-off when it ends, but not before it was ready for the first time. */
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@fluoroscope/runtime/logger';
import type { ReadyMessage } from '@fluoroscope/runtime/run-process';

const backoffMs = [50, 200, 500, 1_000, 2_000] as const;
const healthyAfterMs = 10_000;

export class ProcessChild extends EventEmitter<{ ready: [ReadyMessage]; failed: [] }> {
  /** Resolves once, with what it said first. */
  readonly ready: Promise<ReadyMessage>;
  private child: ChildProcess | null = null;
  private wasReady = false;
  private startedAtMs = 0;
  private failures = 0;
  private closing = false;

  constructor(
    readonly kind: 'daemon' | 'api' | 'writer',
    /** Besides our own settings, also when it is started again. */
    public env: Record<string, string>,
    private readonly logger: Logger,
  ) {
    super();
    this.ready = once(this, 'ready').then(([message]) => message as ReadyMessage);
    this.launch();
  }

  /** Null between two processes. */
  pid(): number | null {
    return this.child?.pid ?? null;
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** As Ctrl-C; what takes longer is killed. */
  async close(limitMs: number): Promise<void> {
    this.closing = true;
    const { child } = this;
    if (child === null) return;
    const gone = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.kill('SIGTERM');
    await gone;
    clearTimeout(timer);
  }

  private launch(): void {
    const entry = fileURLToPath(new URL(`../../${this.kind}/dist/main.js`, import.meta.url));
    // In a group of its own: a terminal's Ctrl-C is for us, who decide the order. When we are gone the channel tells it.
    const child = fork(entry, [], { env: { ...process.env, ...this.env }, detached: true });
    this.child = child;
    this.startedAtMs = Date.now();
    child.on('error', (error) => this.logger.error({ err: error, kind: this.kind }, 'a process of the tree'));
    child.on('message', (message: ReadyMessage) => {
      this.wasReady = true;
      this.emit('ready', message);
    });
    child.once('exit', (code, signal) => this.gone(code ?? signal));
  }

  private gone(how: number | string | null): void {
    this.child = null;
    if (this.closing) return;
    if (!this.wasReady) {
      this.emit('failed');
      return;
    }
    this.failures = Date.now() - this.startedAtMs > healthyAfterMs ? 0 : this.failures + 1;
    const waitMs = backoffMs[Math.min(this.failures, backoffMs.length - 1)] ?? 0;
    this.logger.warn({ kind: this.kind, how, waitMs }, 'a process ended; starting it again');
    setTimeout(() => !this.closing && this.launch(), waitMs);
  }
}
