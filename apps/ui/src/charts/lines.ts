/** What a chart draws, and the sentence that says the same. */
import { formatClock } from '@fluoroscope/format/time';

export interface ChartLine {
  name: string;
  /** A colour of style/tokens.css. */
  colour: string;
  /** Lengths of dash and gap; none for a solid line. Lines of one chart differ in more than colour. */
  dash?: readonly number[];
  /** One for each time; null where there is no data, drawn as a gap. */
  values: ReadonlyArray<number | null>;
}

/** Something that happened at a moment: drawn as an upright line, and named in the summary. */
export interface ChartMark {
  atSeconds: number;
  label: string;
}

export interface Chart {
  title: string;
  lines: readonly ChartLine[];
  format: (value: number | null) => string;
  say: (value: number | null) => string;
}

export interface ChartData {
  /** Epoch seconds, ascending. */
  times: readonly number[];
  marks: readonly ChartMark[];
}

export function largestOf(lines: readonly ChartLine[]): number {
  return lines.reduce((largest, { values }) => values.reduce<number>((most, value) => Math.max(most, value ?? 0), largest), 0);
}

/** "Response time from 14:00:00 to 14:05:00. p50 2 to 8 milliseconds, now 3 milliseconds. 1 deployment." */
export function summarise({ title, lines, say }: Chart, { times, marks }: ChartData): string {
  const [first] = times;
  const last = times.at(-1);
  if (first === undefined || last === undefined) return `${title}: no data`;
  const parts = lines.map(({ name, values }) => `${name} ${sayCourse(values, say)}`);
  const deployments = marks.filter(({ atSeconds }) => atSeconds >= first && atSeconds <= last).map(({ label }) => label);
  return [`${title} from ${clock(first)} to ${clock(last)}`, ...parts, ...deployments].join('. ');
}

function sayCourse(values: ReadonlyArray<number | null>, say: Chart['say']): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'no data';
  const range = `${say(Math.min(...known))} to ${say(Math.max(...known))}`;
  return `${range}, last ${say(values.at(-1) ?? null)}`;
}

export function clock(seconds: number): string {
  return formatClock(seconds * 1_000);
}

/** The index of the time that is nearest; -1 when there is none. */
export function nearestIndex(times: readonly number[], seconds: number): number {
  return times.reduce((best, time, index) => (Math.abs(time - seconds) < Math.abs((times[best] ?? Infinity) - seconds) ? index : best), -1);
}
