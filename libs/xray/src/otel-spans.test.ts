import { expect, it } from 'vitest';
import { otelSpans } from './otel-spans.js';

const [segmentId, callId, stepId] = ['a', 'b', 'c'].map((digit) => digit.repeat(16)) as [string, string, string];
const trace_id = `1-5759e988-${'d'.repeat(24)}`;

it('makes a span of the segment and of each subsegment, parents first', () => {
  const step = { id: stepId, name: 'render', start_time: 1_500_000_000.5, end_time: 1_500_000_000.75 };
  const cause = { exceptions: [{ id: 'e', type: 'TypeError', message: 'no' }, null] };
  const http = { request: { method: 'GET', url: 'http://b/' }, response: { status: 500 } };
  const call = {
    id: callId,
    name: 'b',
    start_time: 1_500_000_000.1,
    end_time: 1_500_000_000.2,
    namespace: 'remote',
    http,
    fault: true,
    cause,
  };
  const spans = otelSpans({
    trace_id,
    id: segmentId,
    name: 'shop',
    origin: 'AWS::ECS::Container',
    start_time: 1_500_000_000,
    end_time: 1_500_000_001.25,
    annotations: { tier: 'gold' },
    metadata: { default: { x: 1 } },
    subsegments: [call, step],
  });
  expect(spans.map(({ spanId, parentSpanId, kind }) => [spanId, parentSpanId, kind])).toEqual([
    [segmentId, undefined, 'SERVER'],
    [callId, segmentId, 'CLIENT'],
    [stepId, segmentId, 'INTERNAL'],
  ]);
  expect(spans[0]).toEqual({
    resource: { attributes: { 'service.name': 'shop', 'aws.xray.origin': 'AWS::ECS::Container' } },
    scope: { name: 'aws.xray' },
    traceId: `5759e988${'d'.repeat(24)}`,
    spanId: segmentId,
    name: 'shop',
    kind: 'SERVER',
    startTimeUnixNano: 1_500_000_000_000_000_000,
    endTimeUnixNano: 1_500_000_001_250_000_000,
    durationNano: 1_250_000_000,
    attributes: { tier: 'gold', 'aws.xray.annotations': ['tier'], 'aws.xray.metadata': { default: { x: 1 } } },
    status: { code: 'UNSET' },
    events: [],
  });
  expect(spans[1]).toMatchObject({
    status: { code: 'ERROR' },
    attributes: { 'http.request.method': 'GET', 'url.full': 'http://b/', 'http.response.status_code': 500, 'aws.xray.fault': true },
    events: [{ name: 'exception', attributes: { 'exception.type': 'TypeError', 'exception.message': 'no' } }],
  });
});

it('knows no end of what is in progress, and no service of a streamed subsegment', () => {
  const [span, ...others] = otelSpans({
    trace_id,
    id: callId,
    parent_id: segmentId,
    type: 'subsegment',
    name: 'b',
    start_time: 1,
    in_progress: true,
  });
  expect(others).toEqual([]);
  expect(span).toMatchObject({ parentSpanId: segmentId, kind: 'INTERNAL', resource: { attributes: {} } });
  expect(span).not.toHaveProperty('endTimeUnixNano');
});
