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
/** What is written, and what was before. */
const mostParsed = 4;
const known = new Map<string, ParsedFilter>();

/** Null for none, and for a text that is none. The same text is not parsed again: every live row is asked. */
export function expressionIn(text: string): Expression | null {
  if (text.trim() === '') return null;
  const parsed = known.get(text) ?? parseFilter(text);
  if (known.size >= mostParsed && !known.has(text)) known.clear();
  known.set(text, parsed);
  return 'expression' in parsed ? parsed.expression : null;
}

/** What the chips say; null when there is none, or only a search for text. */
export function chipsExpression({
  clauses,
  minMicros,
  maxMicros,
  inProgress,
}: Omit<Filter, 'text' | 'expression' | 'group'>): Expression | null {
  const fields = new Map<string, Clause[]>();
  for (const clause of clauses) fields.set(clause.field, [...(fields.get(clause.field) ?? []), clause]);
  return joined('and', [
    ...[...fields.values()].flatMap(fieldConditions),
    ...(minMicros === null ? [] : [keyword('responsetime', { operator: '>=', value: minMicros / microsPerSecond })]),
    ...(maxMicros === null ? [] : [keyword('responsetime', { operator: '<=', value: maxMicros / microsPerSecond })]),
    ...(inProgress ? [keyword('partial')] : []),
  ]);
}

/** All that is wanted, but for a search for text and for a group: what a group would keep. Empty for none. */
export function wholeExpression(filter: Filter): string {
  return printed([expressionIn(filter.expression), chipsExpression(filter)]);
}

/** What the server is asked besides its own parameters; `isWhole` is false when not all clauses fit. */
export function askedExpression(written: string, clauses: readonly Clause[]): { text: string; isWhole: boolean } {
  const expression = expressionIn(written);
  // What is none is asked as it is: the server says what is wrong.
  if (expression === null && written.trim() !== '') return { text: written, isWhole: clauses.length === 0 };
  const chips = chipsExpression({ clauses, minMicros: null, maxMicros: null, inProgress: false });
  const text = printed([expression, chips]);
  if (text.length <= maxExpressionLength) return { text, isWhole: true };
  return { text: printed([expression]), isWhole: clauses.length === 0 };
}

function printed(expressions: readonly (Expression | null)[]): string {
  const whole = joined(
    'and',
    expressions.filter((one) => one !== null),
  );
  return whole === null ? '' : printFilter(whole);
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
