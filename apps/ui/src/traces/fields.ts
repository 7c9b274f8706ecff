/** What a row can be narrowed by: the built-in fields in order of their usefulness, and one field for each annotation key. */
import type { NodeKey } from '@fluoroscope/contract/graph';
import type { TraceRow } from '@fluoroscope/contract/traces';
import { visibleText } from '@fluoroscope/format/text';
import { nodeAddress } from '../live/address.js';

export interface Field {
  id: string;
  label: string;
  values: (row: TraceRow) => readonly string[];
}

const annotationPrefix = 'annotation.';

export const builtInFields: readonly Field[] = [
  { id: 'outcome', label: 'Outcome', values: ({ outcome }) => [outcome] },
  { id: 'service', label: 'Service', values: ({ services }) => services.map(nodeAddress) },
  { id: 'entry', label: 'Entry', values: ({ entry }) => [nodeAddress(entry)] },
  { id: 'method', label: 'Method', values: ({ method }) => (method === null ? [] : [method]) },
  { id: 'url', label: 'URL', values: ({ url }) => (url === null ? [] : [plainUrl(url)]) },
  { id: 'status', label: 'Status', values: ({ status }) => (status === null ? [] : [String(status)]) },
];

export function annotationField(key: string): Field {
  return {
    id: annotationPrefix + key,
    label: visibleText(key),
    values: ({ annotations }) => (Object.hasOwn(annotations, key) ? [String(annotations[key])] : []),
  };
}

export function fieldOf(id: string): Field | undefined {
  if (id.startsWith(annotationPrefix)) return annotationField(id.slice(annotationPrefix.length));
  return builtInFields.find((field) => field.id === id);
}

/** A value as people read it: of a node its name, of an outcome its word. */
export function valueLabel(field: string, value: string): string {
  if (field === 'service' || field === 'entry') return visibleText(nameOfAddress(value));
  return value === '' ? '(empty)' : visibleText(value);
}

function nameOfAddress(address: string): string {
  const [name = ''] = address.split('|');
  return name.replace(/%(25|7C|3E)/g, (escaped) => String.fromCharCode(Number.parseInt(escaped.slice(1), 16)));
}

/** Without query and fragment: they make every request its own. */
export function plainUrl(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

/** Path and query of a URL; the whole text when it is none. */
export function pathOf(url: string): string {
  return /^[a-z][a-z\d+.-]*:\/\/[^/]*(\/.*)$/is.exec(url)?.[1] ?? url;
}

/** A few letters for a service: initials of its words, or the first three. */
export function abbreviation({ name }: NodeKey): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const [first = ''] = words;
  const letters = words.length > 1 ? words.slice(0, 3).map((word) => [...word][0] ?? '') : [...first].slice(0, 3);
  return letters.join('') || '·';
}

/** In how many rows each value stands; of further values than `most` none is counted. */
export function countValues(rows: readonly TraceRow[], { values }: Pick<Field, 'values'>, most: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (const value of new Set(values(row))) {
      const count = counts.get(value);
      if (count !== undefined || counts.size < most) counts.set(value, (count ?? 0) + 1);
    }
  }
  return counts;
}
