/** Groups: the one that every installation has, what one may hold, and which version of a filter was in force when. */
import {
  defaultGroupName,
  type GroupFilter,
  type GroupInsights,
  type GroupRecord,
  type GroupUpdate,
  groupIdLength,
  maxGroupExpressionLength,
  maxGroupFilters,
  maxGroupNameLength,
} from '@fluoroscope/contract/groups';
import type { Expression } from './filter/expression.js';
import { parseFilter } from './filter/parse.js';
import { isObject, isText, isWhole } from './json-values.js';
import { tagsOf } from './tags.js';

/** With insights: they are about everything until somebody ends them. */
export const defaultGroup: GroupRecord = {
  name: defaultGroupName,
  id: '',
  filters: [{ version: 1, expression: '', sinceMs: 0 }],
  insights: { enabled: true, notifications: false },
  tags: [],
};

/** Null before there was the group; before the oldest version that is kept, when older ones are gone, it is that one. */
export function filterAt({ filters }: GroupRecord, atMs: number): GroupFilter | null {
  const [oldest] = filters;
  const inForce = filters.findLast(({ sinceMs }) => sinceMs <= atMs) ?? null;
  return inForce === null && oldest !== undefined && oldest.version > 1 ? oldest : inForce;
}

/** In force now, for every later trace. */
export function latestFilter({ name, filters }: GroupRecord): GroupFilter {
  const latest = filters.at(-1);
  if (latest === undefined) throw new Error(`the group ${name} has no filter`);
  return latest;
}

/** And always has: whoever is narrowed to it sees everything. */
export function hasEveryTrace({ filters }: GroupRecord): boolean {
  return filters.every(({ expression }) => expression === '');
}

/** Such a filter cannot be a group's own: it could speak of itself. */
export function speaksOfGroups(expression: Expression): boolean {
  if (expression.kind === 'and' || expression.kind === 'or') return expression.operands.some(speaksOfGroups);
  return expression.kind === 'not' ? speaksOfGroups(expression.operand) : expression.kind === 'group';
}

export function isGroupName(value: unknown): value is string {
  return isText(value, maxGroupNameLength) && value !== '';
}

/** Why no group can be made under this name, in a sentence; null when one can. */
export function groupNameProblem(name: string): string | null {
  if (name === defaultGroupName) return `The group name ${defaultGroupName} is reserved`;
  if (!isGroupName(name)) return `A group name has 1 to ${maxGroupNameLength} characters`;
  return /^[A-Za-z0-9-]+$/.test(name) ? null : 'GroupName can have letters, digits and dashes only';
}

/** Why it is no filter of a group; an empty one is none, so that every trace belongs to the group. */
export function groupFilterProblem(expression: string): string | null {
  if (expression === '') return null;
  const parsed = parseFilter(expression);
  if ('problem' in parsed) return parsed.problem.message;
  return speaksOfGroups(parsed.expression) ? 'The filter of a group cannot name a group' : null;
}

export function isGroupExpression(value: unknown): value is string {
  return isText(value, maxGroupExpressionLength);
}

/** Notifications are about insights: there are none without. */
export function groupInsightsOf(value: unknown): GroupInsights | null {
  if (!isObject(value)) return null;
  const { enabled, notifications } = value;
  if (typeof enabled !== 'boolean' || typeof notifications !== 'boolean' || (notifications && !enabled)) return null;
  return { enabled, notifications };
}

/** The members that change, with nothing else; null for what is no update. */
export function groupUpdateOf(value: unknown): GroupUpdate | null {
  if (!isObject(value)) return null;
  const { expression, insights } = value;
  const newInsights = insights === undefined ? undefined : groupInsightsOf(insights);
  if (newInsights === null || !(expression === undefined || isGroupExpression(expression))) return null;
  return { ...(expression === undefined ? {} : { expression }), ...(newInsights === undefined ? {} : { insights: newInsights }) };
}

export function groupRecordOf(value: unknown): GroupRecord | null {
  if (!isObject(value) || !isGroupName(value.name) || !isText(value.id, groupIdLength)) return null;
  const { name, id } = value;
  const [filters, insights, tags] = [filtersOf(value.filters), groupInsightsOf(value.insights), tagsOf(value.tags)];
  return filters === null || insights === null || tags === null ? null : { name, id, filters, insights, tags };
}

function filtersOf(value: unknown): GroupFilter[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxGroupFilters || !value.every(isFilter)) return null;
  return value.map(({ version, expression, sinceMs }) => ({ version, expression, sinceMs }));
}

function isFilter(value: unknown): value is GroupFilter {
  if (!isObject(value) || !isGroupExpression(value.expression)) return false;
  return isWhole(value.version, 1, Number.MAX_SAFE_INTEGER) && typeof value.sinceMs === 'number';
}
