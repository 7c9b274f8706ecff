/**
 * What is kept by group: who belongs to it, and the service graph of its traces, slice by slice. A membership is a fact: it is
 * written once and stays. The statements are those of the whole graph, over the members only.
 */

import type { Membership } from '@fluoroscope/xray/filter/evaluate';
import { type ClickHouseClient, insertRows, queryText, rowsOf } from './clickhouse.js';
import type { TraceWords } from './facts.js';
import { RowBinary } from './row-binary.js';

/** The group that a statement is about; its parameter is `group_id`. */
export function groupText(name: string): string {
  return queryText(name)
    .replaceAll('/* table */', 'group_')
    .replace('/* group */', '{group_id: String}, ')
    .replace('/* version */{version: UInt64}', () => `greatest({version: UInt64}, (${queryText('group-slice-next-version')}))`)
    .replaceAll('/* of group */', 'group_id = {group_id: String} AND ')
    .replace('/* members */', 'AND trace_id IN (SELECT trace_id FROM group_members WHERE group_id = {group_id: String})');
}

export interface GroupMembers {
  groupId: string;
  slice: number;
  filterVersion: number;
  traces: readonly TraceWords[];
}

export async function addGroupMembers(client: ClickHouseClient, { groupId, slice, filterVersion, traces }: GroupMembers): Promise<void> {
  const to = new RowBinary();
  for (const trace of traces) {
    to.string(groupId);
    to.fixed16(trace);
    to.u32(slice);
    to.u32(filterVersion);
  }
  await insertRows(client, 'group_members', [to.bytes()]);
}

/** IDs of groups by trace, each as 32 hexadecimal digits. */
export async function groupsOfTraces(client: ClickHouseClient, traces: readonly string[]): Promise<Map<string, string[]>> {
  return new Map(await rowsOf<[string, string[]]>(client, 'group-memberships', { trace_ids: traces }));
}

export async function hasOldMembers(
  client: ClickHouseClient,
  params: { group_id: string; from: number; to: number; latest: number },
): Promise<boolean> {
  const [row] = await rowsOf<[number]>(client, 'group-filter-versions', params);
  return row?.[0] === 1;
}

/** What is called how: filter expressions name groups, storage keeps their IDs. */
export interface GroupNames {
  /** Null for a group that does not exist; empty for the one that holds every trace. */
  idOf(member: 'name' | 'arn', value: string): string | null;
  /** Of a trace with these groups' IDs, the group of every trace included. */
  memberships(groupIds: readonly string[]): Membership[];
}
