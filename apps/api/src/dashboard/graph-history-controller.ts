/** The service graph over time, for the time machine and the charts: of everything, or of the members of a group. */
import type { GraphReader } from '@fluoroscope/clickhouse/graph-reader';
import { type HistoryRange, type HistoryReader, type HistorySubject, TooManyRows } from '@fluoroscope/clickhouse/history-reader';
import {
  type GraphSeriesAnswer,
  type GraphSlicesAnswer,
  type HistoryPeriod,
  historyPeriods,
  maxHistoryPoints,
  maxHistorySlices,
} from '@fluoroscope/contract/history';
import { edgeOfAddress, nodeKeyOfAddress } from '@fluoroscope/xray/node-key';
import { Controller, Get, Header, Inject, Query as QueryOf } from '@nestjs/common';
import { controlSource, graphReader, historyReader } from '../tokens.js';
import { hasOldMembers } from '../xray/groups-shape.js';
import { chosenGroup } from './chosen-group.js';
import type { ControlSource } from './control-source.js';
import { invalid, type Query, rangeOf, textOf } from './query.js';

/** Of an edge: two nodes of three parts of 250 characters, each of which may be escaped. */
const maxAddressLength = 4_600;

@Controller('api/graph')
export class GraphHistoryController {
  constructor(
    @Inject(historyReader) private readonly history: HistoryReader,
    @Inject(graphReader) private readonly graphs: GraphReader,
    @Inject(controlSource) private readonly control: ControlSource,
  ) {}

  @Get('slices')
  @Header('cache-control', 'no-store')
  async slices(@QueryOf() query: Query): Promise<GraphSlicesAnswer> {
    const range = wholePeriods(query, maxHistorySlices);
    return this.answer(range, query, (of) => this.history.slices(of).catch(refuseTooMany));
  }

  /** Of one node (`node=name|type|account`) or of one edge (`edge=caller>callee`). */
  @Get('series')
  @Header('cache-control', 'no-store')
  async series(@QueryOf() query: Query): Promise<GraphSeriesAnswer> {
    const range = wholePeriods(query, maxHistoryPoints);
    const subject = subjectOf(query);
    return this.answer(range, query, (of) => this.history.series(of, subject));
  }

  private async answer<Found>(
    range: Range,
    query: Query,
    read: (of: HistoryRange) => Promise<Found>,
  ): Promise<Range & Found & { containsOldGroupVersions: boolean }> {
    const group = chosenGroup(query, this.control.state.groups);
    const [found, containsOldGroupVersions] = await Promise.all([
      read({ ...range, groupId: group?.id }),
      hasOldMembers(this.graphs, range, group),
    ]);
    return { ...range, ...found, containsOldGroupVersions };
  }
}

interface Range {
  from: number;
  to: number;
  period: HistoryPeriod;
}

function wholePeriods(query: Query, maxPeriods: number): Range {
  const text = textOf(query, 'period', 8);
  const period = historyPeriods.find((one) => String(one) === text);
  if (period === undefined) throw invalid(`period is needed: ${historyPeriods.join(', ')} seconds`);
  // A range is widened to whole periods, by less than two.
  const asked = rangeOf(query, maxPeriods * period);
  const from = Math.floor(asked.from / period) * period;
  const to = Math.ceil(asked.to / period) * period;
  if (to - from > maxPeriods * period)
    throw invalid(`From ${from} to ${to} are more than ${maxPeriods} periods of ${period} s; ask for less, or for a longer period`);
  return { from, to, period };
}

function subjectOf(query: Query): HistorySubject {
  const node = textOf(query, 'node', maxAddressLength);
  const edge = textOf(query, 'edge', maxAddressLength);
  if ((node === undefined) === (edge === undefined)) throw invalid('node or edge is needed, and not both');
  if (node !== undefined) return { node: nodeKeyOfAddress(node) };
  const ends = edgeOfAddress(edge ?? '');
  if (ends === null) throw invalid('edge is a caller and a callee, with > between them');
  return ends;
}

function refuseTooMany(error: unknown): never {
  if (error instanceof TooManyRows) throw invalid(`${error.message}; ask for less, or for a longer period`);
  throw error;
}
