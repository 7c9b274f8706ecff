/** Groups as X-Ray's operations spell them, read and written, and how a request names one. */
import type { GraphReader } from '@fluoroscope/clickhouse/graph-reader';
import type { GroupNames } from '@fluoroscope/clickhouse/groups';
import { type GroupInsights, type GroupRecord, maxGroupExpressionLength, maxGroupNameLength } from '@fluoroscope/contract/groups';
import type { GroupBook } from '@fluoroscope/xray/group-book';
import { groupFilterProblem, groupNameProblem, hasEveryTrace, latestFilter } from '@fluoroscope/xray/groups';
import { invalidRequest } from '../protocol/errors.js';
import { flag, optional, type Structure, structure, text } from '../protocol/fields.js';
import type { Installation } from '../tokens.js';
import { tagList } from './tags-shape.js';

const groupName = text({ min: 1, max: maxGroupNameLength });
/** How every operation that is about a group names it. */
export const groupMembers = { GroupName: optional(groupName), GroupARN: optional(text({ min: 1, max: 400 })) };
const edited = {
  FilterExpression: optional(text({ max: maxGroupExpressionLength })),
  InsightsConfiguration: optional(structure({ InsightsEnabled: optional(flag), NotificationsEnabled: optional(flag) })),
};

export const createGroup = structure({ GroupName: groupName, ...edited, Tags: optional(tagList) });
export const updateGroup = structure({ ...groupMembers, ...edited });
export const namedGroup = structure(groupMembers);
export const getGroups = structure({ NextToken: optional(text({ min: 1, max: 100 })) });

export type GivenGroup = Structure<typeof groupMembers>;
type GivenInsights = Structure<typeof edited>['InsightsConfiguration'];

/** The group that a request means; throws X-Ray's error unless it is one that exists. */
export function groupOf(given: GivenGroup, groups: GroupBook, here: Installation): GroupRecord {
  const { GroupName, GroupARN } = given;
  if ((GroupName === undefined) === (GroupARN === undefined))
    throw invalidRequest('Either GroupName or GroupARN must be given, and not both');
  const group = GroupName === undefined ? groupOfArn(GroupARN ?? '', groups, here) : groups.record(GroupName);
  if (group === null) throw invalidRequest(`Group ${GroupName ?? GroupARN} does not exist`);
  return group;
}

/** The group that a request means, unless it is one that has always held every trace, as Default does; that is null, and so is none. */
export function narrowedGroup(given: GivenGroup, groups: GroupBook, here: Installation): GroupRecord | null {
  if (given.GroupName === undefined && given.GroupARN === undefined) return null;
  const group = groupOf(given, groups, here);
  return hasEveryTrace(group) ? null : group;
}

/** Whether traces of the range came into the group by an older filter than the present one. */
export async function hasOldMembers(graphs: GraphReader, range: { from: number; to: number }, group: GroupRecord | null): Promise<boolean> {
  return group !== null && (await graphs.hasOldMembers(range, { id: group.id, latest: latestFilter(group).version }));
}

/** For filter expressions that name groups. A group without a filter is one that has members like any other. */
export function groupNames(groups: GroupBook, here: Installation): GroupNames {
  const named = groups.records().map((group) => ({ name: group.name, arn: groupArn(group, here), id: group.id }));
  return {
    idOf: (member, value) => named.find((group) => group[member] === value)?.id ?? null,
    memberships: (groupIds) => named.filter(({ id }) => id === '' || groupIds.includes(id)),
  };
}

/** Null for an ARN that is not, or no longer, that of a group. */
export function groupOfArn(arn: string, groups: GroupBook, here: Installation): GroupRecord | null {
  return groups.records().find((group) => groupArn(group, here) === arn) ?? null;
}

export function groupArn({ name, id }: Pick<GroupRecord, 'name' | 'id'>, { region, accountId }: Installation): string {
  return `arn:aws:xray:${region}:${accountId}:group/${id === '' ? name : `${name}/${id}`}`;
}

export function groupShape(group: GroupRecord, here: Installation): object {
  const { expression } = latestFilter(group);
  return {
    GroupName: group.name,
    GroupARN: groupArn(group, here),
    ...(expression === '' ? {} : { FilterExpression: expression }),
    InsightsConfiguration: { InsightsEnabled: group.insights.enabled, NotificationsEnabled: group.insights.notifications },
  };
}

export function checkNewName(name: string): void {
  const problem = groupNameProblem(name);
  if (problem !== null) throw invalidRequest(problem);
}

export function checkFilter(expression: string): void {
  const problem = groupFilterProblem(expression);
  if (problem !== null) throw invalidRequest(problem);
}

/** Members that are not given stay as they are. */
export function insightsOf(given: GivenInsights, current: GroupInsights): GroupInsights {
  const { InsightsEnabled: enabled = current.enabled, NotificationsEnabled } = given ?? {};
  // Whoever ends insights need not say that their notifications end too.
  const notifications = NotificationsEnabled ?? (enabled && current.notifications);
  if (notifications && !enabled) throw invalidRequest('NotificationsEnabled needs InsightsEnabled');
  return { enabled, notifications };
}
