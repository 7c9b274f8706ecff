import { describe, expect, it } from 'vitest';
import { namedParts } from './named-parts.js';
import { TraceDocuments } from './trace-documents.js';

const traceId = '1-5759e988-bd862e3fe1be46a994272793';

describe('the named parts of a managed service', () => {
  it('tells how long API Gateway took beside its integration', () => {
    const call = { id: '1'.repeat(16), name: 'Lambda', namespace: 'aws', start_time: 100.01, end_time: 100.08 };
    expect(partsOf([{ ...gateway, subsegments: [call] }])).toEqual([
      { key: 'Integration', value: '70.0 ms' },
      { key: 'Gateway overhead', value: '30.0 ms (30 %)' },
    ]);
  });

  it('says when API Gateway answered without its integration', () => {
    expect(partsOf([{ ...gateway, error: true }])).toEqual([{ key: 'Integration', value: 'not reached' }]);
  });

  it('divides the time of a function as Lambda does, and leaves to the service what is not in it', () => {
    expect(partsOf([service, fn])).toEqual([
      { key: 'Initialization', value: '200 ms' },
      { key: 'Invocation', value: '90.0 ms' },
      { key: 'Overhead', value: '10.0 ms' },
      { key: 'Lambda service', value: '100 ms (25 %)' },
    ]);
    expect(partsOf([service, fn], fn.id).map(({ key }) => key)).toEqual(['Initialization', 'Invocation', 'Overhead']);
  });

  it('says nothing of what the documents do not show', () => {
    expect(partsOf([service])).toEqual([]);
    expect(partsOf([{ ...gateway, origin: 'AWS::ECS::Container' }])).toEqual([]);
    expect(partsOf([{ ...gateway, end_time: undefined, in_progress: true }])).toEqual([]);
  });
});

const gateway = {
  id: `${'0'.repeat(15)}a`,
  trace_id: traceId,
  name: 'shop/prod',
  origin: 'AWS::ApiGateway::Stage',
  start_time: 100,
  end_time: 100.1,
};
const service = { id: `${'0'.repeat(15)}b`, trace_id: traceId, name: 'price', origin: 'AWS::Lambda', start_time: 100, end_time: 100.4 };
const fn = {
  id: `${'0'.repeat(15)}c`,
  trace_id: traceId,
  parent_id: service.id,
  name: 'price',
  origin: 'AWS::Lambda::Function',
  start_time: 100.28,
  end_time: 100.38,
  subsegments: [
    { id: '1'.repeat(16), name: 'Initialization', start_time: 100.05, end_time: 100.25 },
    { id: '2'.repeat(16), name: 'Invocation', start_time: 100.28, end_time: 100.37 },
    { id: '3'.repeat(16), name: 'Overhead', start_time: 100.37, end_time: 100.38 },
  ],
};

function partsOf(documents: readonly object[], id?: string) {
  const trace = new TraceDocuments();
  for (const document of documents) trace.add(JSON.stringify(document));
  const data = trace.layOut();
  return namedParts(data, id === undefined ? 0 : data.rows.ids.indexOf(id));
}
