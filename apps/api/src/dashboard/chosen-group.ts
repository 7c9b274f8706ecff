/** The group to which a request of the dashboard is narrowed, by stored membership. */
import { type GroupRecord, maxGroupNameLength } from '@fluoroscope/contract/groups';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import type { GroupBook } from '@fluoroscope/xray/group-book';
import { hasEveryTrace } from '@fluoroscope/xray/groups';
import { DashboardError } from './errors.js';
import { type Query, shown, textOf } from './query.js';

/** Null for none, and for one that has always held every trace, as Default does. */
export function chosenGroup(query: Query, groups: GroupBook): GroupRecord | null {
  const name = textOf(query, 'group', maxGroupNameLength);
  if (name === undefined) return null;
  const group = groups.record(name);
  if (group === null) throw new DashboardError('group_unknown', `There is no group ${shown(name)}`);
  return hasEveryTrace(group) ? null : group;
}

/** Of members of the group, what the expression asks of them. */
export function inGroup(group: GroupRecord | null, expression: Expression | null): Expression | null {
  if (group === null) return expression;
  const isMember: Expression = { kind: 'group', member: 'name', isEqual: true, value: group.name };
  return expression === null ? isMember : { kind: 'and', operands: [isMember, expression] };
}
