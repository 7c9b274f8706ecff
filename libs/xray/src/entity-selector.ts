/**
 * Which nodes, or which edges, the statistics of a time series are about: the part of the filter language that names entities, and
 * nothing else of it. Several are joined by OR, all of one kind.
 */
import type { Expression, NodeSelector } from './filter/expression.js';
import { parseFilter } from './filter/parse.js';

export type EntitySelection =
  | { kind: 'node'; selectors: readonly NodeSelector[] }
  | { kind: 'edge'; selectors: readonly { caller: NodeSelector; callee: NodeSelector }[] };

/** In a sentence what is wrong with the text, or what it selects. */
export function parseEntitySelector(text: string): { selection: EntitySelection } | { problem: string } {
  const parsed = parseFilter(text);
  if ('problem' in parsed) return { problem: parsed.problem.message };
  const { expression } = parsed;
  const operands = expression.kind === 'or' ? expression.operands : [expression];
  const nodes = operands.flatMap((operand) => (isBare(operand, 'service') ? [operand.selector] : []));
  if (nodes.length === operands.length) return { selection: { kind: 'node', selectors: nodes } };
  const edges = operands.flatMap((operand) => (isBare(operand, 'edge') ? [{ caller: operand.caller, callee: operand.callee }] : []));
  if (edges.length === operands.length) return { selection: { kind: 'edge', selectors: edges } };
  return { problem: 'An entity selector is service(...) or edge(...) without conditions, or several of one kind joined by OR' };
}

/** Whether every selector says which entity it means, so that there is something to foresee. */
export function namesEntities({ kind, selectors }: EntitySelection): boolean {
  const isNamed = (selector: NodeSelector) => Object.values(selector).some((member) => member !== undefined);
  return kind === 'node' ? selectors.every(isNamed) : selectors.every(({ caller, callee }) => isNamed(caller) && isNamed(callee));
}

function isBare<Kind extends 'service' | 'edge'>(operand: Expression, kind: Kind): operand is Extract<Expression, { kind: Kind }> {
  return operand.kind === kind && 'condition' in operand && operand.condition === null;
}
