/** What conditions of a filter expression say of values and of nodes, wherever those come from. */
import type { AnnotationValue } from '@fluoroscope/contract/documents';
import { clientType, type NodeKey } from '@fluoroscope/contract/graph';
import type { Comparison, FilterValue, NodeSelector, Operator } from './expression.js';

export type Values = readonly FilterValue[];

/** Without a comparison: it is there, and not false. */
export function fits(values: Values, comparison: Comparison | null): boolean {
  if (comparison === null) return values.some((value) => value !== false);
  return values.some((value) => typeof value === typeof comparison.value && compares(value, comparison));
}

/** Two values of one type. */
function compares(left: AnnotationValue, { operator, value: right }: Comparison): boolean {
  if (operator === '=') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left === 'number' && typeof right === 'number') return numberCompares(left, operator, right);
  return typeof left === 'string' && typeof right === 'string' && textCompares(left, operator, right);
}

function numberCompares(left: number, operator: Operator, right: number): boolean {
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  if (operator === '>') return left > right;
  return operator === '>=' && left >= right;
}

function textCompares(left: string, operator: Operator, right: string): boolean {
  if (operator === 'CONTAINS') return left.includes(right);
  if (operator === 'BEGINSWITH') return left.startsWith(right);
  return operator === 'ENDSWITH' && left.endsWith(right);
}

/** A client is meant only where its type is named: it has the name of the node behind it. */
export function isSelected({ name, type, accountId }: NodeKey, selector: NodeSelector): boolean {
  if (type === clientType && selector.type === undefined) return false;
  return name === (selector.name ?? name) && type === (selector.type ?? type) && accountId === (selector.accountId ?? accountId);
}
