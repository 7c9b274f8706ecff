/**
 * Our own counters as Prometheus text. Processes keep plain counter objects and pass them to each other; this reads
 * them when someone asks, so counting costs nothing more than an addition.
 *
 * A counter that is null (the system does not tell, the process has not reported) is left out rather than shown as 0.
 */
import { Counter, Gauge, Registry } from 'prom-client';

const registry = new Registry();

/** The help line of each number: text for a counter that only grows, `{ gauge: text }` for one that falls too. */
export type CounterHelp<Counters> = { [Name in keyof Counters]?: string | { gauge: string } };

/** Media type of `metricsText`. */
export const metricsContentType = registry.contentType;

/**
 * Exposes the members of `counters()` that have a help line, as `<prefix>_<member in snake case>`, counters with
 * `_total`. `counters` is called once per member and scrape, so it must be cheap. A prefix can be exposed once.
 */
export function exposeCounters<Counters extends object>(
  prefix: string,
  help: CounterHelp<Counters>,
  counters: () => Counters | null,
): void {
  for (const [member, text] of Object.entries(help) as [keyof Counters & string, string | { gauge: string }][]) {
    const read = () => numberOrNull(counters()?.[member]);
    if (typeof text === 'string') addCounter(metricName(prefix, `${member}Total`), text, read);
    else addGauge(metricName(prefix, member), text.gauge, read);
  }
}

/** Of several processes: numbers add up, what nobody tells stays null, and the last rejection is the latest. Null for none. */
export function sumCounters<Counters extends { lastRejection: { at: number } | null }>(all: readonly Counters[]): Counters | null {
  const [first] = all;
  if (first === undefined) return null;
  const sum: Record<string, unknown> = { ...first };
  for (const counters of all.slice(1)) {
    for (const [name, value] of Object.entries(counters)) if (typeof value === 'number') sum[name] = (numberOrNull(sum[name]) ?? 0) + value;
  }
  const rejections = all.flatMap(({ lastRejection }) => lastRejection ?? []).sort((left, right) => right.at - left.at);
  return { ...sum, lastRejection: rejections[0] ?? null } as Counters;
}

export function metricsText(): Promise<string> {
  return registry.metrics();
}

function addCounter(name: string, help: string, read: () => number | null): void {
  const counter: Counter = new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      counter.remove();
      if (value !== null) counter.inc(value);
    },
  });
}

function addGauge(name: string, help: string, read: () => number | null): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      gauge.remove();
      if (value !== null) gauge.set(value);
    },
  });
}

function metricName(prefix: string, member: string): string {
  return `${prefix}_${member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
