/**
 * Which metrics storage has been told of, so that it is told of each again only when that is 50 minutes old: by when data were received,
 * so that a backlog is no different.
 *
 * Bounded by the length of what is remembered; what was told longest ago is forgotten first, and so told more often, which changes nothing.
 */
import { seenAgainSeconds } from '@fluoroscope/clickhouse/metric-facts';
import type { Metric } from '@fluoroscope/contract/metrics';

const defaultMaxChars = 16_000_000;

export interface SeenMetric {
  metric: Metric;
  atMs: number;
}

export class SeenMetrics {
  private readonly toldMs = new Map<string, number>();
  private chars = 0;

  constructor(private readonly maxChars = defaultMaxChars) {}

  /** Of these, each once, what storage is to be told; told is what `noteTold` hears. */
  untold(sights: Iterable<SeenMetric>): Map<string, SeenMetric> {
    const untold = new Map<string, SeenMetric>();
    for (const sight of sights) {
      const key = keyOf(sight.metric);
      const toldMs = this.toldMs.get(key);
      // Either way: the clocks of those who receive differ.
      if (toldMs !== undefined && Math.abs(sight.atMs - toldMs) < seenAgainSeconds * 1000) continue;
      if (sight.atMs > (untold.get(key)?.atMs ?? Number.NEGATIVE_INFINITY)) untold.set(key, sight);
    }
    return untold;
  }

  noteTold(told: ReadonlyMap<string, SeenMetric>): void {
    for (const [key, { atMs }] of told) {
      this.forget(key);
      this.toldMs.set(key, atMs);
      this.chars += key.length;
    }
    for (const key of this.toldMs.keys()) {
      if (this.chars <= this.maxChars) return;
      this.forget(key);
    }
  }

  private forget(key: string): void {
    if (this.toldMs.delete(key)) this.chars -= key.length;
  }
}

function keyOf({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, ...dimensions.flatMap((dimension) => [dimension.name, dimension.value])]);
}
