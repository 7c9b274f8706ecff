/**
 * Finds who belongs to a group, when the rows of a slice have been made, and computes the group's slices. A trace is asked when
 * facts of it have come, by the version of the filter that was in force then; who belongs to a group stays in it, and the whole of
 * it counts. Without groups nothing is done.
 *
 * Whoever a row cannot tell is asked by its documents.
 */
import { type ClickHouseClient, queryText, rowsOf, rowsOfText } from '@fluoroscope/clickhouse/clickhouse';
import { traceWords } from '@fluoroscope/clickhouse/facts';
import { addGroupMembers } from '@fluoroscope/clickhouse/groups';
import { lastFreeVersion, recomputeSlice } from '@fluoroscope/clickhouse/recompute';
import { traceCondition } from '@fluoroscope/clickhouse/trace-condition';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { traceIdOfHex } from '@fluoroscope/clickhouse/trace-versions';
import { defaultGroupName, type GroupFilter, type GroupRecord } from '@fluoroscope/contract/groups';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { documentsMatch } from '@fluoroscope/xray/filter/evaluate';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import { parseFilter } from '@fluoroscope/xray/filter/parse';
import { filterAt } from '@fluoroscope/xray/groups';

/** Traces whose documents are in memory together. */
const tracesPerRead = 25;

export interface TracedSlice {
  slice: number;
  shard: number;
  /** Every fact of a lower version is in its rows. */
  version: number;
  /** When its facts came. */
  atMs: number;
}

export class GroupKeeper {
  groups: readonly GroupRecord[] = [];
  private readonly reader: StoredTraceReader;

  /** `everywhere`: the database that has all shards; `positionsPerMessage`: as of the slices of the whole. */
  constructor(
    private readonly client: ClickHouseClient,
    private readonly of: { everywhere: string; positionsPerMessage: number },
  ) {
    this.reader = new StoredTraceReader(client);
  }

  /** Before the slice is noted as traced: what fails here is done again. */
  async compute(traced: TracedSlice): Promise<void> {
    const groups = this.groups.filter(({ name }) => name !== defaultGroupName);
    if (groups.length === 0) return;
    const { slice, shard, atMs } = traced;
    const [known] = await rowsOf<[number]>(this.client, 'traced-version', { slice, shard });
    for (const group of groups) {
      const filter = filterAt(group, atMs);
      if (filter !== null) await this.addMembers(group, filter, { ...traced, computed: known?.[0] ?? 0 });
      await this.computeSlices(group, traced);
    }
  }

  private async addMembers({ id }: GroupRecord, filter: GroupFilter, traced: TracedSlice & { computed: number }): Promise<void> {
    const expression = expressionOf(filter);
    const condition = expression === null ? { sql: '1', rootless: '1', params: {}, isExact: true } : traceCondition(expression);
    const text = queryText('group-candidates')
      .replace('/* condition */', () => condition.sql)
      .replace('/* rootless condition */', () => condition.rootless);
    const { slice, shard, computed } = traced;
    const params = { ...condition.params, slice, shard, computed, group_id: id };
    const candidates = await rowsOfText<[trace: string, isTold: number]>(this.client, text, { params });
    const isTold = ([, told]: [string, number]) => expression === null || (condition.isExact && told === 1);
    const members = candidates.filter(isTold).map(([trace]) => traceIdOfHex(trace));
    const untold = candidates.filter((candidate) => !isTold(candidate)).map(([trace]) => traceIdOfHex(trace));
    if (expression !== null) members.push(...(await this.matching(expression, untold)));
    await addGroupMembers(this.client, { groupId: id, slice, filterVersion: filter.version, traces: members.map(traceWords) });
  }

  private async matching(expression: Expression, traceIds: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (let from = 0; from < traceIds.length; from += tracesPerRead) {
      const stored = await this.reader.documents(traceIds.slice(from, from + tracesPerRead));
      for (const [traceId, documents] of stored) {
        const parsed = documents.flatMap(({ raw }) => readStoredDocument(raw) ?? []);
        if (documentsMatch(expression, parsed)) found.push(traceId);
      }
    }
    return found;
  }

  /** This one, and those in which new members lie. */
  private async computeSlices({ id }: GroupRecord, { slice, shard, version }: TracedSlice): Promise<void> {
    const touched = await rowsOf<[number]>(this.client, 'group-slices-touched', { slice, shard, group_id: id });
    const { everywhere, positionsPerMessage } = this.of;
    const renewal = positionsPerMessage > 1 ? { renewUpTo: lastFreeVersion(version, positionsPerMessage) } : {};
    for (const one of new Set([slice, ...touched.map(([other]) => other)]))
      await recomputeSlice(this.client, { slice: one, shard, version, hasLinks: true, everywhere, groupId: id, ...renewal });
  }
}

/** Null: every trace. The control log takes no filter that cannot be read. */
function expressionOf({ expression }: GroupFilter): Expression | null {
  if (expression === '') return null;
  const parsed = parseFilter(expression);
  if ('problem' in parsed) throw new Error(`the filter of a group: ${parsed.problem.message}`);
  return parsed.expression;
}
