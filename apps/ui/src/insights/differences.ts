/**
 * What the traces that failed have in common, and the others of that time have not: of each value that a trace has (an annotation, its
 * URL, method or status, a service that it went through), its share among those that failed, less its share among the others.
 *
 * A difference is told when it is larger than chance makes it (two standard errors, with a little added to small counts), so a
 * handful of traces tells nothing. What says the same of as many traces stands once. The status comes last: it is what failing looks
 * like, not why.
 */
import type { TraceRow } from '@fluoroscope/contract/traces';
import { annotationField, builtInFields, countValues, type Field } from '../traces/fields.js';

export interface Difference {
  field: string;
  label: string;
  value: string;
  /** Traces that have it. */
  failed: number;
  others: number;
  /** Share among those that failed, less that among the others: 0 to 1. */
  lead: number;
}

export interface Differences {
  failed: number;
  others: number;
  found: Difference[];
}

const most = 6;
const leastLead = 0.1;
/** Standard errors. */
const leastCertainty = 2;
/** Annotation keys that are looked at, those of the most traces. */
const maxKeys = 50;
const maxValues = 5_000;
/** The outcome is what divides them. */
const notCompared = new Set(['outcome']);

export function differencesOf(failed: readonly TraceRow[], others: readonly TraceRow[]): Differences {
  const sizes = { failed: failed.length, others: others.length };
  if (failed.length === 0 || others.length === 0) return { ...sizes, found: [] };
  const found = fieldsOf([...failed, ...others]).flatMap((field) => differencesIn(field, failed, others));
  found.sort((left, right) => Number(left.field === 'status') - Number(right.field === 'status') || right.lead - left.lead);
  return { ...sizes, found: withoutEchoes(found).slice(0, most) };
}

function fieldsOf(rows: readonly TraceRow[]): Field[] {
  const keys = new Map<string, number>();
  for (const { annotations } of rows) for (const key of Object.keys(annotations)) keys.set(key, (keys.get(key) ?? 0) + 1);
  const usual = [...keys].sort(([, left], [, right]) => right - left).slice(0, maxKeys);
  return [...usual.map(([key]) => annotationField(key)), ...builtInFields.filter(({ id }) => !notCompared.has(id))];
}

function differencesIn({ id, label, values }: Field, failed: readonly TraceRow[], others: readonly TraceRow[]): Difference[] {
  const inFailed = countValues(failed, { values }, maxValues);
  const inOthers = countValues(others, { values }, maxValues);
  return [...inFailed].flatMap(([value, count]) => {
    const rest = inOthers.get(value) ?? 0;
    const lead = count / failed.length - rest / others.length;
    const isTold = lead >= leastLead && lead >= leastCertainty * standardError([count, failed.length], [rest, others.length]);
    return isTold ? [{ field: id, label, value, failed: count, others: rest, lead }] : [];
  });
}

/** Of the difference of two shares; one more of each kind keeps it from vanishing where all or none have the value. */
function standardError(...samples: readonly (readonly [count: number, size: number])[]): number {
  const variance = samples.reduce((sum, [count, size]) => {
    const share = (count + 1) / (size + 2);
    return sum + (share * (1 - share)) / size;
  }, 0);
  return Math.sqrt(variance);
}

/** The entry of a trace is a service of it, and a status goes with its URL: counts that are the same are told once. */
function withoutEchoes(found: readonly Difference[]): Difference[] {
  const told = new Set<string>();
  return found.filter(({ failed, others, field }) => {
    const key = `${failed} ${others}`;
    const isEcho = told.has(key) && !field.startsWith('annotation.');
    told.add(key);
    return !isEcho;
  });
}
