/**
 * Filters as X-Ray's filter expressions: what is written in the bar, what a chip stands for, and both together. Everything but a
 * search for text has an expression, so that a filter can be kept as a group.
 */

import { type Comparison, type Expression, maxExpressionLength } from '@fluoroscope/xray/filter/expression';
import { type ParsedFilter, parseFilter } from '@fluoroscope/xray/filter/parse';
import { printFilter } from '@fluoroscope/xray/filter/print';
import { nodeKeyOfAddress } from '@fluoroscope/xray/node-key';
import type { Clause, Filter } from './filter.js';

const microsPerSecond = 1_000_000;
let last: { text: string; parsed: ParsedFilter } | null = null;

/** Null for none, and for a text that is none. The same text is not parsed again: every live row is asked. */
export function expressionIn(text: string): Expression | null {
  if (text.trim() === '') return null;
  if (last?.text !== text) last = { text, parsed: parseFilter(text) };
  return 'expression' in last.parsed ? last.parsed.expression : null;
}

/** What the chips say; null when there is none, or only a search for text. */
export function chipsExpression({ clauses, minMicros, maxMicros, inProgress }: Omit<Filter, 'text' | 'expression'>): Expression | null {
  const fields = new Map<string, Clause[]>();
  for (const clause of clauses) fields.set(clause.field, [...(fields.get(clause.field) ?? []), clause]);
  return joined('and', [
    ...[...fields.values()].flatMap(fieldConditions),
    ...(minMicros === null ? [] : [keyword('responsetime', { operator: '>=', value: minMicros / microsPerSecond })]),
    ...(maxMicros === null ? [] : [keyword('responsetime', { operator: '<=', value: maxMicros / microsPerSecond })]),
    ...(inProgress ? [keyword('partial')] : []),
  ]);
}

/** All that is wanted, but for a search for text: what a group would keep. Empty for none. */
export function wholeExpression(filter: Filter): string {
  const both = [expressionIn(filter.expression), chipsExpression(filter)].filter((one) => one !== null);
  const whole = joined('and', both);
  return whole === null ? '' : printFilter(whole);
}

/** What the server is asked besides its own parameters; `isWhole` is false when not all clauses fit. */
export function askedExpression(expression: string, clauses: readonly Clause[]): { text: string; isWhole: boolean } {
  const written = expressionIn(expression);
  // Not one: the server says so.
  if (written === null && expression.trim() !== '') return { text: expression, isWhole: clauses.length === 0 };
  const chips = chipsExpression({ clauses, minMicros: null, maxMicros: null, inProgress: false });
  const whole = joined(
    'and',
    [written, chips].filter((one) => one !== null),
  );
  const text = whole === null ? '' : printFilter(whole);
  if (text.length <= maxExpressionLength) return { text, isWhole: true };
  return { text: expression, isWhole: clauses.length === 0 };
}

/** A chip as it would be written. */
export function clauseExpression(clause: Clause): string {
  const conditions = joined('and', fieldConditions([clause]));
  return conditions === null ? '' : printFilter(conditions);
}

/** Wanted values of one field: any of them. Excluded ones: none of them. */
function fieldConditions(clauses: readonly Clause[]): Expression[] {
  const wanted = joined(
    'or',
    clauses.filter(({ exclude }) => !exclude).flatMap((clause) => conditionOf(clause) ?? []),
  );
  const excluded = clauses
    .filter(({ exclude }) => exclude)
    .flatMap((clause): Expression[] => {
      const operand = conditionOf(clause);
      return operand === null ? [] : [{ kind: 'not', operand }];
    });
  return wanted === null ? excluded : [wanted, ...excluded];
}

function conditionOf({ field, value }: Clause): Expression | null {
  if (field.startsWith('annotation.')) return annotationIs(field.slice('annotation.'.length), value);
  switch (field) {
    case 'outcome':
      return outcomeIs(value);
    case 'service':
      return serviceIs(value, null);
    case 'entry':
      return serviceIs(value, keyword('root'));
    case 'method':
      return keyword('http.method', { operator: '=', value });
    case 'status':
      return Number.isFinite(Number(value)) ? keyword('http.status', { operator: '=', value: Number(value) }) : null;
    // A URL is listed without its query.
    case 'url':
      return keyword('http.url', { operator: 'BEGINSWITH', value });
    default:
      return null;
  }
}

/** An outcome of the list is the gravest of several flags. */
function outcomeIs(value: string): Expression | null {
  const without = (...graver: ('fault' | 'throttle')[]) => graver.map((word): Expression => ({ kind: 'not', operand: keyword(word) }));
  if (value === 'ok' || value === 'fault') return keyword(value);
  if (value === 'throttle') return joined('and', [keyword('throttle'), ...without('fault')]);
  return value === 'error' ? joined('and', [keyword('error'), ...without('throttle', 'fault')]) : null;
}

function serviceIs(address: string, condition: Expression | null): Expression {
  const { name, type, accountId } = nodeKeyOfAddress(address);
  return { kind: 'service', selector: { name, type, ...(accountId === '' ? {} : { accountId }) }, condition };
}

/** The list writes every value as text: what looks like a number or a truth may be either. */
function annotationIs(key: string, value: string): Expression | null {
  const meant = [value, ...(value.trim() !== '' && Number.isFinite(Number(value)) ? [Number(value)] : []), ...truths(value)];
  return joined(
    'or',
    meant.map((one) => ({ kind: 'annotation', key, comparison: { operator: '=', value: one } })),
  );
}

function truths(value: string): boolean[] {
  return value === 'true' || value === 'false' ? [value === 'true'] : [];
}

function keyword(word: Extract<Expression, { kind: 'keyword' }>['keyword'], comparison: Comparison | null = null): Expression {
  return { kind: 'keyword', keyword: word, comparison };
}

function joined(kind: 'and' | 'or', operands: readonly Expression[]): Expression | null {
  const flat = operands.flatMap((operand) => (operand.kind === kind ? operand.operands : [operand]));
  return flat.length < 2 ? (flat[0] ?? null) : { kind, operands: flat };
}
