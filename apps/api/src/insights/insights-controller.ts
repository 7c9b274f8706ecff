/** The operations about insights, answered from memory; only the impact graph is read from storage. */
import type { FaultReader } from '@fluoroscope/clickhouse/fault-reader';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { type InsightView, insightRetentionSeconds } from '@fluoroscope/contract/insights';
import { lastEventOf } from '@fluoroscope/xray/insights/incidents';
import { isOpen } from '@fluoroscope/xray/insights/insight-book';
import { Body, Controller, Inject } from '@nestjs/common';
import type { ControlSource } from '../dashboard/control-source.js';
import { invalidRequest } from '../protocol/errors.js';
import { Operation } from '../protocol/operation.js';
import { invalidToken, pageIndex, pageStart, pageToken } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, faultReader, type Installation, installation } from '../tokens.js';
import { groupArn, groupOf } from '../xray/groups-shape.js';
import { checkRange } from '../xray/time-range.js';
import { InsightViews } from './insight-views.js';
import {
  eventShape,
  getInsight,
  getInsightEvents,
  getInsightImpactGraph,
  getInsightSummaries,
  impactServices,
  insightShape,
  insightSummaryShape,
} from './insights-shape.js';

const defaultPage = 50;
const maxImpactHours = 6;
const servicesPerPage = 500;
const retentionHours = insightRetentionSeconds / 3_600;

@Controller()
export class InsightsController {
  constructor(
    @Inject(InsightViews) private readonly views: InsightViews,
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(faultReader) private readonly faults: FaultReader,
    @Inject(installation) private readonly here: Installation,
  ) {}

  @Operation('Insight')
  getInsight(@Body() body: Buffer | undefined): object {
    const view = this.view(readRequest(body, getInsight).InsightId);
    return { Insight: insightShape(view, this.groupArn(view)) };
  }

  /** Those that were open at some time of the range, newest first. */
  @Operation('InsightSummaries')
  getInsightSummaries(@Body() body: Buffer | undefined): object {
    const { NextToken, MaxResults = defaultPage, ...query } = readRequest(body, getInsightSummaries);
    const { States = [], StartTime, EndTime } = query;
    const group = groupOf(query, this.control.state.groups, this.here);
    checkRange({ from: StartTime, to: EndTime, maxHours: retentionHours });
    checkAge(StartTime);
    const found = this.views.all().filter((view) => {
      const { startSeconds, endSeconds } = lastEventOf(view);
      const isMeant = view.group === group.name && (States.length === 0 || States.includes(isOpen(view) ? 'ACTIVE' : 'CLOSED'));
      return isMeant && startSeconds < EndTime && (endSeconds ?? Number.POSITIVE_INFINITY) >= StartTime;
    });
    const bound = { operation: 'GetInsightSummaries', ...query };
    const after = pageStart(bound, NextToken);
    const from = after === undefined ? 0 : found.findIndex(({ id }) => id === after) + 1;
    if (after !== undefined && from === 0) throw invalidToken();
    const page = found.slice(from, from + MaxResults);
    const next = from + MaxResults < found.length ? { NextToken: pageToken(bound, page.at(-1)?.id ?? '') } : {};
    return { InsightSummaries: page.map((view) => insightSummaryShape(view, this.groupArn(view))), ...next };
  }

  @Operation('InsightEvents')
  getInsightEvents(@Body() body: Buffer | undefined): object {
    const { InsightId, NextToken, MaxResults = defaultPage } = readRequest(body, getInsightEvents);
    const { events } = this.view(InsightId);
    const query = { operation: 'GetInsightEvents', InsightId };
    const { items, more } = pageOf(events, { query, token: NextToken, size: MaxResults });
    return { InsightEvents: items.map(eventShape), ...more };
  }

  /** The range of the graph is the asked one widened to whole slices. */
  @Operation('InsightImpactGraph')
  async getInsightImpactGraph(@Body() body: Buffer | undefined): Promise<object> {
    const { InsightId, StartTime, EndTime, NextToken } = readRequest(body, getInsightImpactGraph);
    checkRange({ from: StartTime, to: EndTime, maxHours: maxImpactHours });
    checkAge(StartTime);
    const view = this.view(InsightId);
    const from = Math.floor(StartTime / sliceSeconds) * sliceSeconds;
    const to = Math.ceil(EndTime / sliceSeconds) * sliceSeconds;
    const services = impactServices(await this.faults.counts({ from, to, groupId: this.groupId(view) }), view);
    const query = { operation: 'GetInsightImpactGraph', InsightId, StartTime, EndTime, count: services.length };
    const { items, more } = pageOf(services, { query, token: NextToken, size: servicesPerPage });
    return { InsightId, StartTime, EndTime, ServiceGraphStartTime: from, ServiceGraphEndTime: to, Services: items, ...more };
  }

  private view(id: string): InsightView {
    const view = this.views.get(id);
    if (view === null) throw invalidRequest(`Insight ${id} does not exist`);
    return view;
  }

  private groupId({ group }: InsightView): string {
    const record = this.control.state.groups.record(group);
    if (record === null) throw invalidRequest(`Group ${group} does not exist`);
    return record.id;
  }

  /** Of a group that is gone, what it was called is left. */
  private groupArn({ group: name }: InsightView): string {
    return groupArn(this.control.state.groups.record(name) ?? { name, id: '' }, this.here);
  }
}

function checkAge(startSeconds: number): void {
  if (startSeconds < Date.now() / 1_000 - insightRetentionSeconds - clockSlackSeconds)
    throw invalidRequest('StartTime must not be more than 30 days ago');
}

/** Who asks for the last 30 days means those before the request was on its way. */
const clockSlackSeconds = 300;

interface PageRequest {
  query: object;
  token: string | undefined;
  size: number;
}

function pageOf<Item>(all: readonly Item[], { query, token, size }: PageRequest): { items: Item[]; more: { NextToken?: string } } {
  const from = pageIndex(query, token);
  const next = from + size;
  return { items: all.slice(from, next), more: next < all.length ? { NextToken: pageToken(query, String(next)) } : {} };
}
