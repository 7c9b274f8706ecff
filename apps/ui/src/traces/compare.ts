/** Two traces side by side, as the list knows them: what is equal, and what is not. Missing is null, never equal to anything. */

import type { NodeKey } from '@fluoroscope/contract/graph';
import type { TraceRow } from '@fluoroscope/contract/traces';
import { formatDuration, formatShare } from '@fluoroscope/format/format';
import { visibleText } from '@fluoroscope/format/text';

export interface ComparedLine {
  label: string;
  values: readonly [string | null, string | null];
  differs: boolean;
}

export interface Comparison {
  lines: ComparedLine[];
  /** Only those that differ. */
  annotations: ComparedLine[];
  /** Annotations that both have with the same value. */
  sameAnnotations: number;
}

export function compareRows(left: TraceRow, right: TraceRow): Comparison {
  const keys = [...new Set([...Object.keys(left.annotations), ...Object.keys(right.annotations)])].sort();
  const annotations = keys.map((key) => lineOf(visibleText(key), annotationOf(left, key), annotationOf(right, key)));
  return {
    lines: [
      lineOf('Outcome', outcomeOf(left), outcomeOf(right)),
      lineOf('Response time', responseOf(left), responseOf(right)),
      lineOf('Whole trace', formatDuration(left.durationMicros), formatDuration(right.durationMicros)),
      lineOf('Request', requestOf(left), requestOf(right)),
      lineOf('Status', textOf(left.status), textOf(right.status)),
      lineOf('Entry', visibleText(left.entry.name), visibleText(right.entry.name)),
      lineOf('Services', servicesOf(left), servicesOf(right)),
      lineOf('Segments', String(left.documents), String(right.documents)),
    ],
    annotations: annotations.filter(({ differs }) => differs),
    sameAnnotations: annotations.filter(({ differs }) => !differs).length,
  };
}

/** Services that only one of the two went through; empty when a row does not list all of its own. */
export function onlyIn(one: TraceRow, other: TraceRow): string[] {
  if (other.moreServices > 0) return [];
  const known = new Set(other.services.map(keyOf));
  return one.services.filter((service) => !known.has(keyOf(service))).map(({ name }) => visibleText(name));
}

/** `the second took 340 ms longer`, in words and with its share; null while one of them goes on. */
export function sayDifference(left: TraceRow, right: TraceRow): string | null {
  if (left.responseMicros === null || right.responseMicros === null) return null;
  const difference = right.responseMicros - left.responseMicros;
  if (difference === 0) return 'Both took equally long.';
  const [shorter, longer] = [left.responseMicros, right.responseMicros].sort((a, b) => a - b) as [number, number];
  const share = formatShare(longer - shorter, longer);
  return `The ${difference > 0 ? 'second' : 'first'} took ${formatDuration(longer - shorter)} longer, ${share} of its time.`;
}

function lineOf(label: string, left: string | null, right: string | null): ComparedLine {
  return { label, values: [left, right], differs: left !== right };
}

function annotationOf({ annotations }: TraceRow, key: string): string | null {
  return Object.hasOwn(annotations, key) ? visibleText(String(annotations[key])) : null;
}

function outcomeOf({ inProgress, outcome, worst }: TraceRow): string {
  const own = inProgress ? 'in progress' : outcome;
  return worst === outcome ? own : `${own}, ${worst} inside`;
}

function responseOf({ responseMicros }: TraceRow): string | null {
  return responseMicros === null ? null : formatDuration(responseMicros);
}

function requestOf({ method, url, entry }: TraceRow): string {
  return visibleText([method, url ?? entry.name].filter(Boolean).join(' '));
}

function servicesOf({ services, moreServices }: TraceRow): string {
  return String(services.length + moreServices);
}

function textOf(value: number | null): string | null {
  return value === null ? null : String(value);
}

function keyOf({ name, type, accountId }: NodeKey): string {
  return JSON.stringify([name, type, accountId]);
}
