/** Trouble of ClickHouse that passes (server away, memory, disk) is waited out: the log holds what comes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { refusesContent } from '@fluoroscope/clickhouse/clickhouse';
import { PartitionLost } from '@fluoroscope/log/log';

const retryWaitsMs = [100, 200, 400, 800, 1_600, 3_000] as const;
/** Longer than a server takes to start again. */
const replicaPatienceMs = 20_000;

export interface PatienceOptions {
  /** Asked before each try; throws where another process writes the partition by now. */
  throwIfLost: () => void;
  /** Then a server that is away gives way: a new writer looks for another. */
  hasReplicas: boolean;
  logger: { warn(message: string): void };
  /** Stops waiting for a server that is away. */
  signal: AbortSignal;
}

export class Patience {
  /** Since when ClickHouse has not taken what it was given; null while it does. */
  troubleSinceMs: number | null = null;

  constructor(private readonly options: PatienceOptions) {}

  /** Again and again until it works, or until ClickHouse refuses the content, or until the process stops. */
  async persist<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (let failures = 0; ; failures++) {
      try {
        this.options.throwIfLost();
        const result = await attempt();
        this.troubleSinceMs = null;
        return result;
      } catch (error) {
        if (refusesContent(error) || isFinal(error) || this.options.signal.aborted) throw error;
        this.troubleSinceMs ??= Date.now();
        if (this.options.hasReplicas && Date.now() - this.troubleSinceMs > replicaPatienceMs) throw error;
        if (failures % 10 === 0) this.options.logger.warn(`A batch could not be stored, trying again: ${String(error)}`);
        await sleep(retryWaitsMs[Math.min(failures, retryWaitsMs.length - 1)], undefined, { signal: this.options.signal });
      }
    }
  }
}

/** A mistake in this program does not pass by waiting, nor does the loss of a partition. */
function isFinal(error: unknown): boolean {
  return error instanceof PartitionLost || error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
