/**
 * All groups of an installation, after every change so far. Whether a name is free, or a group one too many, is decided here,
 * in the order of the log: what is refused once is refused in every process, and leaves everything as it was.
 */
import type { GroupChange, TagChange } from '@fluoroscope/contract/control';
import {
  defaultGroupName,
  type GroupFilter,
  type GroupRecord,
  type GroupUpdate,
  maxGroupFilters,
  maxGroups,
} from '@fluoroscope/contract/groups';
import { maxTags } from '@fluoroscope/contract/tags';
import { type BookOutcome, refuse } from './book-outcome.js';
import { defaultGroup, groupRecordOf, latestFilter } from './groups.js';
import { tagsAfter } from './tags.js';

export class GroupBook {
  readonly #records = new Map<string, GroupRecord>([[defaultGroupName, defaultGroup]]);

  /** The group Default first, then by name. */
  records(): GroupRecord[] {
    const made = [...this.#records.values()].filter(({ name }) => name !== defaultGroupName);
    return [this.record(defaultGroupName) ?? defaultGroup, ...made.sort((left, right) => (left.name < right.name ? -1 : 1))];
  }

  record(name: string): GroupRecord | null {
    return this.#records.get(name) ?? null;
  }

  /** `atMs` is the change's own time. */
  apply(change: GroupChange, atMs: number): BookOutcome<GroupRecord> {
    if (change.kind === 'create group') return this.#create(change, atMs);
    const record = this.record(change.name);
    if (record === null) return refuse('group_unknown', `The group ${change.name} does not exist`);
    return change.kind === 'update group' ? this.#update(record, change.update, atMs) : this.#delete(record);
  }

  retag(name: string, change: TagChange): BookOutcome<GroupRecord> {
    const record = this.record(name);
    if (record === null) return refuse('resource_unknown', `The group ${name} does not exist`);
    const tags = tagsAfter(record.tags, change);
    if (tags.length > maxTags) return refuse('too_many_tags', `A group can have at most ${maxTags} tags`);
    return this.#keep(record, { ...record, tags });
  }

  /** Plain data, from which `restore` goes on. */
  snapshot(): GroupRecord[] {
    return this.records();
  }

  /** False, and nothing changed, when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    const records = Array.isArray(snapshot) ? snapshot.map(groupRecordOf) : [null];
    if (records.some((record) => record === null)) return false;
    this.#records.clear();
    this.#records.set(defaultGroupName, defaultGroup);
    for (const record of records) if (record !== null) this.#records.set(record.name, record);
    return true;
  }

  #create(
    { name, groupId: id, expression, insights, tags }: GroupChange & { kind: 'create group' },
    atMs: number,
  ): BookOutcome<GroupRecord> {
    if (this.#records.has(name)) return refuse('group_exists', `A group with the name ${name} already exists`);
    if (this.#records.size > maxGroups)
      return refuse('group_limit', `There may be at most ${maxGroups} groups besides ${defaultGroupName}`);
    return this.#keep(null, { name, id, filters: [{ version: 1, expression, sinceMs: atMs }], insights, tags });
  }

  #update(record: GroupRecord, { expression, insights = record.insights }: GroupUpdate, atMs: number): BookOutcome<GroupRecord> {
    const latest = latestFilter(record);
    if (expression === undefined || expression === latest.expression) return this.#keep(record, { ...record, insights });
    if (record.name === defaultGroupName) return refuse('default_group', 'The group Default holds every trace: it can have no filter');
    // A clock that went back must not put a newer version before an older one.
    const filter: GroupFilter = { version: latest.version + 1, expression, sinceMs: Math.max(atMs, latest.sinceMs + 1) };
    return this.#keep(record, { ...record, insights, filters: [...record.filters, filter].slice(-maxGroupFilters) });
  }

  #delete(record: GroupRecord): BookOutcome<GroupRecord> {
    if (record.name === defaultGroupName) return refuse('default_group', 'The group Default cannot be deleted');
    this.#records.delete(record.name);
    return { before: record, after: null };
  }

  #keep(before: GroupRecord | null, after: GroupRecord): BookOutcome<GroupRecord> {
    this.#records.set(after.name, after);
    return { before, after };
  }
}
