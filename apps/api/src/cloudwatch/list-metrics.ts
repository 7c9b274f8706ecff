/** ListMetrics: metrics that have had data in the last two weeks, or three hours; 500 a page. */
import type { Metric } from '@fluoroscope/contract/metrics';
import { CloudWatchError } from '../protocol/cloudwatch-errors.js';
import { AwsError } from '../protocol/errors.js';
import { flag, list, type Members, oneOf, optional, structure, text } from '../protocol/fields.js';
import { pageStart, pageToken } from '../protocol/page-token.js';
import type { OutputStructure } from '../protocol/wire-protocol.js';
import { dimensionNameField, dimensionsInput, dimensionValueField, metricNameField, shapeMetric } from './dimensions.js';
import type { MetricSource } from './metric-source.js';
import type { Operation, ReceivedCall } from './operation.js';

const pageLength = 500;
const maxDimensionFilters = 10;
const recentSeconds = 3 * 3_600;
const listedSeconds = 14 * 86_400;

const dimensionFilter = structure({ Name: dimensionNameField, Value: optional(dimensionValueField) });
const listMetrics = structure({
  Namespace: optional(metricNameField),
  MetricName: optional(metricNameField),
  Dimensions: optional(list(dimensionFilter, { max: maxDimensionFilters })),
  RecentlyActive: optional(oneOf('PT3H')),
  IncludeLinkedAccounts: optional(flag),
  OwningAccount: optional(text({ min: 1, max: 255 })),
  NextToken: optional(text()),
});

/** Of a token: the last metric of its page. */
const metricField = structure({
  namespace: text(),
  name: text(),
  dimensions: list(structure({ name: text(), value: text() })),
});

export class ListMetrics implements Operation {
  readonly input = {
    Namespace: 'text',
    MetricName: 'text',
    Dimensions: dimensionsInput,
    RecentlyActive: 'text',
    IncludeLinkedAccounts: 'flag',
    OwningAccount: 'text',
    NextToken: 'text',
  } as const;

  constructor(
    private readonly metrics: MetricSource,
    private readonly accountId: string,
  ) {}

  async run(members: Members, { nowMs }: ReceivedCall): Promise<OutputStructure> {
    const { NextToken, ...query } = listMetrics(members, '');
    const after = placeOf(query, NextToken);
    const isOurs = query.OwningAccount === undefined || query.OwningAccount === this.accountId;
    const found = isOurs ? await this.find(query, after, nowMs / 1000) : [];
    const page = found.slice(0, pageLength);
    const last = found.length > pageLength ? page.at(-1) : undefined;
    return {
      Metrics: page.map(shapeMetric),
      ...(query.IncludeLinkedAccounts === true && { OwningAccounts: page.map(() => this.accountId) }),
      ...(last !== undefined && { NextToken: pageToken(query, JSON.stringify(last)) }),
    };
  }

  /** One more than a page, which tells whether there is another. */
  private find(query: Omit<ReturnType<typeof listMetrics>, 'NextToken'>, after: Metric | null, nowSeconds: number): Promise<Metric[]> {
    const { Namespace, MetricName, Dimensions = [], RecentlyActive } = query;
    return this.metrics.metrics({
      ...(Namespace !== undefined && { namespace: Namespace }),
      ...(MetricName !== undefined && { name: MetricName }),
      dimensions: Dimensions.map(({ Name, Value }) => ({ name: Name, ...(Value !== undefined && { value: Value }) })),
      since: nowSeconds - (RecentlyActive === undefined ? listedSeconds : recentSeconds),
      ...(after !== null && { after }),
      limit: pageLength + 1,
    });
  }
}

function placeOf(query: object, token: string | undefined): Metric | null {
  try {
    const start = pageStart(query, token);
    return start === undefined ? null : metricField(JSON.parse(start), '');
  } catch (error) {
    if (!(error instanceof AwsError || error instanceof SyntaxError)) throw error;
    throw new CloudWatchError('InvalidParameterValue', 'Request parameter NextToken is invalid');
  }
}
