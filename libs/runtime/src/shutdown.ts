/**
 * Ordered shutdown of one process. It owns SIGINT and SIGTERM: steps are closed one after the other in the order in
 * which they were added, each within its time limit, and the process exits within `shutdownLimitMs` whatever they do.
 * A second signal exits at once. A step that fails or is late is reported, and never keeps the next from closing.
 */
import { setTimeout as delay } from 'node:timers/promises';

export const shutdownLimitMs = 4_500;
const defaultStepLimitMs = 2_000;
/** What a shell reports for a process that SIGINT ended. */
const interruptedExitCode = 130;

export interface ShutdownStep {
  name: string;
  close: () => unknown;
  limitMs?: number;
}

/** What this needs of a logger; pino's fits. */
export interface ShutdownLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export class Shutdown {
  readonly #logger: ShutdownLogger;
  readonly #exit: (code: number) => void;
  readonly #steps: ShutdownStep[] = [];
  #running: Promise<void> | null = null;

  constructor(options: { logger: ShutdownLogger; exit?: (code: number) => void }) {
    this.#logger = options.logger;
    this.#exit = options.exit ?? ((code) => process.exit(code));
  }

  /** Steps close in the order of these calls: first what brings work in, last what keeps it. */
  add(step: ShutdownStep): void {
    this.#steps.push(step);
  }

  /** From here on Ctrl-C and SIGTERM close the steps and exit 0. */
  listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#signalled(signal));
  }

  /** Closes the steps, then exits. Calling it again joins the first call. */
  run(exitCode = 0): Promise<void> {
    this.#running ??= this.#closeAll(exitCode);
    return this.#running;
  }

  #signalled(signal: string): void {
    if (this.#running) {
      this.#exit(interruptedExitCode);
      return;
    }
    this.#logger.info({ signal }, 'closing');
    void this.run();
  }

  async #closeAll(exitCode: number): Promise<void> {
    const deadline = performance.now() + shutdownLimitMs;
    for (const step of this.#steps) {
      await this.#close(step, Math.min(step.limitMs ?? defaultStepLimitMs, Math.max(0, deadline - performance.now())));
    }
    this.#exit(exitCode);
  }

  async #close({ name, close }: ShutdownStep, limitMs: number): Promise<void> {
    const timer = new AbortController();
    const late = delay(limitMs, 'late' as const, { signal: timer.signal, ref: true }).catch(() => 'closed' as const);
    const closed = Promise.resolve()
      .then(close)
      .then(() => 'closed' as const);
    try {
      if ((await Promise.race([closed, late])) === 'late') this.#logger.warn({ name, limitMs }, 'did not close in time');
    } catch (error) {
      this.#logger.warn({ name, err: error }, 'failed to close');
    } finally {
      timer.abort();
    }
  }
}

/**
 * For a child process: a terminal's Ctrl-C goes to the whole group, but the parent decides the order, so the child
 * ignores it and closes when it is told, or when its parent is gone.
 */
export function leaveSignalsToParent(onParentGone: () => void): void {
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  whenParentIsGone(onParentGone);
}

/** Calls back once the channel to the parent is closed, also when that was before. Never in a process that was given none. */
export function whenParentIsGone(onParentGone: () => void): void {
  process.on('disconnect', onParentGone);
  if (process.connected === false) onParentGone();
}
