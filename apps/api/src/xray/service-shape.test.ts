import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { buildServiceGraph, emptyStatistics, type GraphEdge } from '@fluoroscope/xray/service-graph';
import { describe, expect, it } from 'vitest';
import { GraphLayout, shapeHistogram, shapeStatistics } from './service-shape.js';

describe('the worked example of the developer guide', () => {
  const layout = new GraphLayout(buildServiceGraph(workedExample()));
  const { services } = layout.page(0);
  const named = (name: string, type: string) => services.find((service) => service.Name === name && service.Type === type);
  const root = named('sample', 'AWS::EC2::Instance');
  const client = named('sample', 'client');
  const table = named('shop-table', 'AWS::DynamoDB::Table');
  const sns = named('SNS', 'AWS::SNS');

  it('has four services with references that are their places', () => {
    expect(services).toHaveLength(4);
    expect(services.map(({ ReferenceId }) => ReferenceId)).toEqual([0, 1, 2, 3]);
    expect(layout.folded).toBe(0);
  });

  it('has a root that is active and calls both resources', () => {
    expect(root).toMatchObject({ Root: true, State: 'active', Names: ['sample'], SummaryStatistics: fourRequests });
    expect(root?.Edges.map(({ ReferenceId }) => ReferenceId).sort()).toEqual([table?.ReferenceId, sns?.ReferenceId].sort());
    expect(root?.ResponseTimeHistogram).toEqual(
      [0.005, 0.015, 0.096, 0.157].map((Value) => ({ Value: expect.closeTo(Value, 2), Count: 1 })),
    );
  });

  it('has a client without statistics, whose edge has those of the root', () => {
    expect(client).toMatchObject({ State: 'unknown', DurationHistogram: [], ResponseTimeHistogram: [] });
    expect(client).not.toHaveProperty('SummaryStatistics');
    expect(client).not.toHaveProperty('Root');
    expect(client?.Edges).toMatchObject([{ ReferenceId: root?.ReferenceId, SummaryStatistics: fourRequests, Aliases: [] }]);
    expect([client?.StartTime, client?.EndTime]).toEqual([root?.StartTime, root?.EndTime]);
  });

  it('has inferred resources with the statistics of their callers and no edges', () => {
    expect(table).toMatchObject({ State: 'unknown', Edges: [], SummaryStatistics: { OkCount: 2, TotalCount: 2, TotalResponseTime: 0.12 } });
    expect(sns).toMatchObject({ State: 'unknown', Edges: [], SummaryStatistics: { OkCount: 2, TotalResponseTime: 0.125 } });
    expect(table).not.toHaveProperty('Root');
  });
});

const fourRequests = {
  OkCount: 3,
  ErrorStatistics: { ThrottleCount: 0, OtherCount: 1, TotalCount: 1 },
  FaultStatistics: { OtherCount: 0, TotalCount: 0 },
  TotalCount: 4,
  TotalResponseTime: 0.273,
};

describe('a shaped graph', () => {
  it('leaves out the type and account that a node does not have', () => {
    const key = { name: 'plain', type: '', accountId: '' };
    const node = {
      key,
      root: false,
      inferred: false,
      startMicros: 1e6,
      endMicros: 2e6,
      statistics: emptyStatistics(),
      durationHistogram: [],
    };
    const [service] = new GraphLayout({ nodes: [node], edges: [] }).page(0).services;
    expect(service).toMatchObject({ StartTime: 1, EndTime: 2 });
    expect(Object.keys(service ?? {})).not.toEqual(expect.arrayContaining(['Type']));
    expect(Object.keys(service ?? {})).not.toEqual(expect.arrayContaining(['AccountId']));
  });

  it('draws edges whose end is missing to other of its type, adds them up and counts them', () => {
    const edges = [1, 2].map(
      (n): GraphEdge => ({
        caller: { name: 'a', type: 'T', accountId: '' },
        callee: { name: `gone ${n}`, type: 'remote', accountId: '' },
        startMicros: n * 1e6,
        endMicros: n * 1e6 + 5,
        statistics: { ...emptyStatistics(), ok: n, totalMicros: n, histogram: [n, n] },
      }),
    );
    const layout = new GraphLayout({ nodes: [], edges });
    const { services } = layout.page(0);
    expect(services.map(({ Name, Type }) => [Name, Type])).toEqual([
      ['other', 'T'],
      ['other', 'remote'],
    ]);
    expect(services[0]?.Edges).toMatchObject([{ ReferenceId: 1, StartTime: 1, EndTime: 2.000005, SummaryStatistics: { OkCount: 3 } }]);
    expect(services[0]?.Edges[0]?.ResponseTimeHistogram).toEqual([
      { Value: 0.001, Count: 1 },
      { Value: 0.002, Count: 2 },
    ]);
    expect(layout.folded).toBe(4);
  });
});

it('gives a link ages instead of outcomes, and a place to a queue that took its messages before the window', () => {
  const queue = { name: 'orders', type: 'AWS::SQS::Queue', accountId: '' };
  const ship = { name: 'ship', type: 'AWS::Lambda', accountId: '' };
  const statistics = { ...emptyStatistics(), ok: 3, totalMicros: 9e6, histogram: [7, 2, 20, 1] };
  const link: GraphEdge = { caller: queue, callee: ship, type: 'link', startMicros: 1e6, endMicros: 2e6, statistics };
  const call: GraphEdge = { ...link, type: undefined };
  const extent = { startMicros: 1e6, endMicros: 2e6 };
  const node = { key: ship, root: true, inferred: false, ...extent, statistics, durationHistogram: [] };
  const layout = new GraphLayout({ nodes: [node], edges: [call, link] });
  const { services } = layout.page(0);
  const [, other, caller] = services;
  expect([layout.folded, other?.Name, caller?.Name, caller?.State]).toEqual([1, 'other', 'orders', 'unknown']);
  expect(other?.Edges[0]).not.toHaveProperty('EdgeType');
  expect(caller?.Edges).toEqual([
    {
      ReferenceId: 0,
      StartTime: 1,
      EndTime: 2,
      EdgeType: 'link',
      SummaryStatistics: {},
      ResponseTimeHistogram: [],
      ReceivedEventAgeHistogram: [
        { Value: 0.007, Count: 2 },
        { Value: 0.02, Count: 1 },
      ],
      Aliases: [],
    },
  ]);
});

describe('pages of a graph', () => {
  const layout = new GraphLayout(buildServiceGraph(workedExample()));

  it('together are the whole graph, with references across pages', () => {
    const pages = [];
    for (let next: number | null = 0; next !== null; next = pages.at(-1)?.next ?? null) pages.push(layout.page(next, { maxEntries: 1 }));
    expect(pages).toHaveLength(4);
    expect(pages.flatMap(({ services }) => services)).toEqual(layout.page(0).services);
    expect(layout.page(4)).toEqual({ services: [], next: null });
    expect(layout.page(0, { maxServices: 2 })).toEqual({ services: layout.page(0).services.slice(0, 2), next: 2 });
  });

  it('belong together while the services are the same', () => {
    expect(new GraphLayout(buildServiceGraph(workedExample())).identity).toBe(layout.identity);
    expect(new GraphLayout(buildServiceGraph(workedExample().slice(0, 1))).identity).not.toBe(layout.identity);
  });
});

describe('statistics', () => {
  it('hold TotalCount = Ok + Error + Fault, with throttles among the errors and nothing that is in progress', () => {
    expect(shapeStatistics({ ok: 1, error: 2, throttle: 3, fault: 4, inProgress: 9, totalMicros: 1_500_000, histogram: [] })).toEqual({
      OkCount: 1,
      ErrorStatistics: { ThrottleCount: 3, OtherCount: 2, TotalCount: 5 },
      FaultStatistics: { OtherCount: 4, TotalCount: 4 },
      TotalCount: 10,
      TotalResponseTime: 1.5,
    });
  });

  it('have histograms in seconds, rounded to the millisecond', () => {
    expect(shapeHistogram([0, 1, 7, 2])).toEqual([
      { Value: 0, Count: 1 },
      { Value: 0.007, Count: 2 },
    ]);
  });
});

/** Four requests; two of them call a table and publish. */
function workedExample(): SegmentDocument[] {
  const durations = [0.005, 0.015, 0.157, 0.096];
  const table = [0.076, 0.044];
  const sns = [0.049, 0.076];
  return durations.map((duration, n): SegmentDocument => {
    const call = (id: number, name: string, seconds: number | undefined, aws: object) =>
      seconds === undefined
        ? []
        : [{ id: `${id}`.padStart(16, `${n + 1}`), name, namespace: 'aws', start_time: 1000, end_time: 1000 + seconds, aws: { ...aws } }];
    const late = n - 2;
    return {
      trace_id: `1-00000000-${`${n}`.padStart(24, '0')}`,
      id: `${n}`.padStart(16, 'a'),
      name: 'sample',
      origin: 'AWS::EC2::Instance',
      start_time: 1000,
      end_time: 1000 + duration,
      ...(n === 0 ? { error: true } : {}),
      subsegments: [
        ...call(1, 'DynamoDB', table[late], { operation: 'PutItem', table_name: 'shop-table' }),
        ...call(2, 'SNS', sns[late], { operation: 'Publish' }),
      ],
    };
  });
}
