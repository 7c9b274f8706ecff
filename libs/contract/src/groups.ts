/**
 * Groups: filter expressions with a name. A group keeps the versions of its filter, because a trace belongs to it by the version
 * that was in force when the trace came.
 */
import type { Tag } from './tags.js';

export interface GroupFilter {
  /** Counts the versions of one group, from 1: with the group's `id` it names a filter for good. */
  version: number;
  /** Empty: every trace. */
  expression: string;
  /** Epoch milliseconds: in force from here until the next version is. */
  sinceMs: number;
}

export interface GroupInsights {
  enabled: boolean;
  notifications: boolean;
}

export interface GroupRecord {
  /** Unique in the installation, and never changed. */
  name: string;
  /** Ends the group's ARN; a group that is made anew under an old name has another. Empty for the group Default. */
  id: string;
  /** The oldest first, the last one in force; never empty. */
  filters: GroupFilter[];
  insights: GroupInsights;
  tags: Tag[];
}

/** The members that change. */
export interface GroupUpdate {
  expression?: string;
  insights?: GroupInsights;
}

/** As AWS's quota; the group Default is not counted. */
export const maxGroups = 25;
/** Of one group; the oldest go. */
export const maxGroupFilters = 100;
export const maxGroupNameLength = 32;
export const groupIdLength = 52;
/** Of a filter, as of every filter expression. */
export const maxGroupExpressionLength = 2_000;
/** Holds every trace; neither its name nor its filter can be anything else. */
export const defaultGroupName = 'Default';

/** `GET /api/groups`: the group Default first, then by name. */
export interface GroupsAnswer {
  groups: GroupRecord[];
}
