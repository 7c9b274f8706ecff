/** A filter in words: on chips, and to a screen reader. */
import { formatDuration } from '@fluoroscope/format/format';
import { fieldOf, valueLabel } from './fields.js';
import type { Clause, Filter } from './filter.js';

export function clauseLabel({ field, value, exclude }: Clause): string {
  const name = fieldOf(field)?.label.toLowerCase() ?? field;
  const label = field.startsWith('annotation.') ? (fieldOf(field)?.label ?? field) : name;
  return `${label} ${exclude ? 'is not' : 'is'} ${valueLabel(field, value)}`;
}

export function durationLabel({ minMicros, maxMicros }: Pick<Filter, 'minMicros' | 'maxMicros'>): string {
  if (maxMicros === null) return `over ${formatDuration(minMicros)}`;
  if (!minMicros) return `under ${formatDuration(maxMicros)}`;
  return `${formatDuration(minMicros)} to ${formatDuration(maxMicros)}`;
}
