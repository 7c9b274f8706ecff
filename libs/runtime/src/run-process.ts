/**
 * The entry of a process that is one of several: reads the settings, answers `/livez` and `/healthz` from the first moment on, starts,
 * and closes in order. What a user must see to is one line and exit code 1.
 *
 * Started by another process of ours, it says when it is ready, and closes when that one is gone.
 */
import { type Config, readConfig } from './config.js';
import { type HealthReport, HealthServer } from './health.js';
import { createLogger, type Logger } from './logger.js';
import { Shutdown, whenParentIsGone } from './shutdown.js';

const failedExitCode = 1;

/** Separate processes meet in Kafka. */
export type ProcessConfig = Config & { kafkaBrokers: string[] };

export interface ProcessContext {
  config: ProcessConfig;
  logger: Logger;
  /** Steps close in the order in which they are added. */
  shutdown: Shutdown;
  /** Ends the process: one line for the user. */
  fail: (problem: unknown) => void;
  /** Ends whatever the start waits for. */
  signal: AbortSignal;
}

export interface StartedProcess {
  health: () => HealthReport;
  /** It has an HTTP port of its own from now on; it is given the port when that is free. */
  serve?: () => Promise<{ url: string; localUrl: string }>;
  /** For who has started this process. */
  xrayPort?: number;
}

/** What such a process tells the one that has started it. */
export interface ReadyMessage {
  kind: 'ready';
  /** Of its HTTP port, and where a process of this machine reaches it without TLS. */
  url: string;
  localUrl?: string;
  xrayPort?: number;
}

const starting: HealthReport = { status: 'unavailable', reason: 'the process is still starting', parts: {} };

export async function runProcess(name: string, start: (context: ProcessContext) => Promise<StartedProcess>): Promise<void> {
  const { config, problem } = readConfig(process.env);
  if (config === undefined) return stop(problem);
  const { kafkaBrokers } = config;
  if (kafkaBrokers === undefined) return stop(noKafka(name));
  const logger = createLogger({ name, level: config.logLevel });
  const shutdown = new Shutdown({ logger });
  const abort = new AbortController();
  shutdown.add({ name: 'the start', close: () => abort.abort() });
  shutdown.listen();
  whenParentIsGone(() => void shutdown.run());
  const fail = (error: unknown) => {
    if (abort.signal.aborted) return;
    console.error(lineOf(error));
    void shutdown.run(failedExitCode);
  };
  let health = () => starting;
  try {
    const server = await HealthServer.open({ ...config, health: () => health() });
    shutdown.add({ name: 'the health port', close: () => server.close() });
    const started = await start({ config: { ...config, kafkaBrokers }, logger, shutdown, fail, signal: abort.signal });
    health = started.health;
    if (started.serve) await server.close();
    const served = (await started.serve?.()) ?? { url: server.url };
    logger.info(served, 'ready');
    const { xrayPort } = started;
    process.send?.({ kind: 'ready', ...served, ...(xrayPort !== undefined && { xrayPort }) } satisfies ReadyMessage);
  } catch (error) {
    fail(error);
  }
}

function noKafka(name: string): string {
  return `The ${name} as a process of its own needs Kafka: set FLUOROSCOPE_KAFKA_BROKERS, or start everything in one process tree with npm run up`;
}

function lineOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stop(line: string): void {
  console.error(line);
  process.exitCode = failedExitCode;
}
