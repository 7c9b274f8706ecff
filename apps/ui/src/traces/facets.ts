/**
 * Counts of values among the loaded rows. Their order is decided when another question is asked; between, counts change in
 * place and what is new comes last, so that nothing moves under a pointer.
 */
import type { TraceRow } from '@fluoroscope/contract/traces';
import { annotationField, builtInFields, countValues, type Field } from './fields.js';

/** Values of a field that are listed without a search. */
export const topValues = 8;
/** Values of one field that are counted; with more, a list of them helps nobody. */
const maxValues = 2_000;
/** Annotation keys that get a facet. */
const maxAnnotationFacets = 20;

export interface FacetValue {
  value: string;
  /** Loaded rows that have it. */
  count: number;
}

export interface Facet {
  field: string;
  label: string;
  values: readonly FacetValue[];
  /** There are more values than are counted. */
  isCut: boolean;
}

export class FacetOrder {
  #question: unknown;
  /** Values of each field in their order. */
  #known = new Map<string, string[]>();

  /** Facets of the rows, each field and value in the place that it had for this question. */
  update(rows: readonly TraceRow[], question: unknown): Facet[] {
    if (question !== this.#question) this.#known = new Map();
    this.#question = question;
    const counts = new Map(facetFields(rows).map((field) => [field.id, { field, counts: countValues(rows, field, maxValues) }]));
    for (const [id, { counts: values }] of counts) this.#learn(id, values);
    return [...this.#known].flatMap(([id, values]) => {
      const found = counts.get(id);
      return found ? [facetOf(found.field, values, found.counts)] : [];
    });
  }

  #learn(field: string, counts: ReadonlyMap<string, number>): void {
    const known = this.#known.get(field) ?? [];
    const seen = new Set(known);
    const fresh = [...counts].filter(([value]) => !seen.has(value)).sort(byCount);
    if (known.length + fresh.length > 0) this.#known.set(field, [...known, ...fresh.map(([value]) => value)]);
  }
}

function facetOf({ id, label }: Field, values: readonly string[], counts: ReadonlyMap<string, number>): Facet {
  return {
    field: id,
    label,
    values: values.map((value) => ({ value, count: counts.get(value) ?? 0 })),
    isCut: counts.size >= maxValues,
  };
}

/** Built-in fields in their fixed order, then the annotations by how many rows have them. */
function facetFields(rows: readonly TraceRow[]): Field[] {
  const keys = new Map<string, number>();
  for (const { annotations } of rows) for (const key of Object.keys(annotations)) keys.set(key, (keys.get(key) ?? 0) + 1);
  const annotations = [...keys].sort(byCount).slice(0, maxAnnotationFacets);
  return [...builtInFields, ...annotations.map(([key]) => annotationField(key))];
}

function byCount([left, a]: [string, number], [right, b]: [string, number]): number {
  return b - a || left.localeCompare(right);
}
