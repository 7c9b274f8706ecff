/**
 * What a trace must have to meet a filter expression, in the terms that storage keeps of every entity. Necessary, never
 * sufficient: whatever is found by it is still evaluated. An expression that says nothing of the kind has no traits.
 */
import { clientType } from '@fluoroscope/contract/graph';
import { type Outcome, outcomes } from '../entities.js';
import type { Comparison, Expression, Keyword, NodeSelector } from './expression.js';

/** A segment, or a call with the node that it infers, that is all of this. */
export interface EntityTraits {
  isSegment: boolean;
  name?: string;
  type?: string;
  accountId?: string;
  outcomes: readonly Outcome[];
  /** Response time, inclusive. */
  minMicros: number;
  maxMicros: number;
}

/** Each has to be met by some entity of the trace. */
export function traitsOf(expression: Expression): EntityTraits[] {
  const conditions = conjunction(expression);
  const root = traitsWith({ isSegment: true }, conditions);
  const others = conditions.flatMap(traitsOfLeaf);
  return [root, ...others].filter(isTelling).slice(0, maxTraits);
}

/** More would cost more than they leave out. */
const maxTraits = 6;

const allOutcomes: readonly Outcome[] = Object.values(outcomes);
const anything: EntityTraits = { isSegment: false, outcomes: allOutcomes, minMicros: 0, maxMicros: Number.MAX_SAFE_INTEGER };

/** All of these hold where the expression does. */
function conjunction(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.operands.flatMap(conjunction) : [expression];
}

function traitsOfLeaf(leaf: Expression): EntityTraits[] {
  if (leaf.kind === 'service') return [traitsWith(traitsOfNode(leaf.selector), leaf.condition === null ? [] : conjunction(leaf.condition))];
  if (leaf.kind !== 'edge') return [];
  return [traitsWith({ ...traitsOfNode(leaf.caller), isSegment: true }, []), traitsWith(traitsOfNode(leaf.callee), [])];
}

/** A client has the name of the segment behind it, and nothing else of it. */
function traitsOfNode({ name, type, accountId }: NodeSelector): Partial<EntityTraits> {
  const named = name === undefined ? {} : { name };
  if (type === clientType) return { ...named, isSegment: true };
  return { ...named, ...(type === undefined ? {} : { type }), ...(accountId === undefined ? {} : { accountId }) };
}

/** What the conditions say of one and the same entity. */
function traitsWith(known: Partial<EntityTraits>, conditions: readonly Expression[]): EntityTraits {
  let traits: EntityTraits = { ...anything, ...known };
  for (const condition of conditions) traits = limited(traits, condition);
  return traits;
}

function limited(traits: EntityTraits, condition: Expression): EntityTraits {
  const isNegated = condition.kind === 'not';
  const leaf = isNegated ? condition.operand : condition;
  if (leaf.kind !== 'keyword') return traits;
  const possible = possibleOutcomes(leaf.keyword, leaf.comparison, isNegated);
  if (possible !== null) return { ...traits, outcomes: traits.outcomes.filter((outcome) => possible.includes(outcome)) };
  if (isNegated || leaf.keyword !== 'responsetime' || typeof leaf.comparison?.value !== 'number') return traits;
  return withinTime(traits, leaf.comparison.operator, leaf.comparison.value * 1e6);
}

const { ok, error, throttle, fault } = outcomes;

/** An outcome is the gravest of several flags: a fault may be an error and a throttle too. */
const outcomesOf: Partial<Record<Keyword, { when: readonly Outcome[]; unless: readonly Outcome[] }>> = {
  ok: { when: [ok], unless: [error, throttle, fault] },
  error: { when: [error, throttle, fault], unless: [ok, fault] },
  throttle: { when: [throttle, fault], unless: [ok, error, fault] },
  fault: { when: [fault], unless: [ok, error, throttle] },
};

/** Null when the condition is not about outcomes. */
function possibleOutcomes(keyword: Keyword, comparison: Comparison | null, isNegated: boolean): readonly Outcome[] | null {
  const possible = outcomesOf[keyword];
  if (possible === undefined || (comparison !== null && typeof comparison.value !== 'boolean')) return null;
  const isWanted = comparison === null || (comparison.operator === '=') === comparison.value;
  return isWanted === isNegated ? possible.unless : possible.when;
}

/** A microsecond more on each side: seconds are floating point. */
function withinTime(traits: EntityTraits, operator: Comparison['operator'], micros: number): EntityTraits {
  const isLower = operator === '>' || operator === '>=' || operator === '=';
  const isUpper = operator === '<' || operator === '<=' || operator === '=';
  const minMicros = isLower ? Math.max(traits.minMicros, Math.floor(micros) - 1) : traits.minMicros;
  const maxMicros = isUpper ? Math.min(traits.maxMicros, Math.ceil(micros) + 1) : traits.maxMicros;
  return { ...traits, minMicros: withinSafe(minMicros), maxMicros: withinSafe(maxMicros) };
}

function withinSafe(micros: number): number {
  return Math.min(Math.max(micros, 0), Number.MAX_SAFE_INTEGER);
}

/** Something is left out by it. */
function isTelling(traits: EntityTraits): boolean {
  const { name, type, accountId, minMicros, maxMicros } = traits;
  const isNamed = name !== undefined || type !== undefined || accountId !== undefined;
  return isNamed || traits.outcomes.length < allOutcomes.length || minMicros > 0 || maxMicros < Number.MAX_SAFE_INTEGER;
}
