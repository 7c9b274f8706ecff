import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partitionOfKey } from './key-partition.js';
import { isMetricData, partitionOfMetrics } from './metric-partition.js';

const partitions = 7;
const call = { Namespace: 'Shop', MetricData: [{ MetricName: 'Orders', Value: 1 }] };
const isOne = (text: string) => isMetricData(Buffer.from(text));
const partitionOf = (text: string) => partitionOfMetrics(Buffer.from(text), partitions);
const home = (id: string) => partitionOfKey(Buffer.from(id), partitions);

describe('the partition of a document of metrics', () => {
  it('is the one of a message whose key is the Id, wherever the Id stands', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(partitionOf(JSON.stringify({ Id: id, ...call }))).toBe(home(id));
        expect(partitionOf(JSON.stringify({ ...call, Id: id }, null, 2))).toBe(home(id));
      }),
    );
  });

  it('is any where there is no Id', () => {
    const dimension = { ...call, MetricData: [{ MetricName: 'Id', Dimensions: [{ Name: 'Id', Value: 'x' }], Id: 'x', Value: 1 }] };
    for (const text of ['', '{}', 'garbage', '{"Id":', '{"Id":"', JSON.stringify(call), JSON.stringify(dimension)])
      expect(partitionOf(text), text).toBeNull();
    for (const Id of ['', 7, null]) expect(partitionOf(JSON.stringify({ Id, ...call }))).toBeNull();
  });

  it('agrees with a parser on whatever stands around the Id', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (before, after) => {
        expect(partitionOf(JSON.stringify({ before, nested: { Id: 'other' }, Id: 'mine', after }))).toBe(home('mine'));
      }),
    );
  });
});

describe('a plain message', () => {
  it('can be a document when it has a Namespace and MetricData', () => {
    expect(isOne(JSON.stringify(call))).toBe(true);
    expect(isOne(` ${JSON.stringify(call, null, 2)}\n`)).toBe(true);
    expect(isOne('{"Namespace":"Shop","EntityMetricData":[{"MetricData":[]}]}')).toBe(true);
    // What is wrong with these is the writer's to say.
    expect(isOne('{"Namespace":"Shop","MetricData":[]}')).toBe(true);
    expect(isOne('{"Namespace":"","MetricData":null}')).toBe(true);
  });

  it('is a document whose dimensions are called as its members', () => {
    const Dimensions = ['Namespace', 'MetricData', 'Id'].map((Name) => ({ Name, Value: Name }));
    expect(isOne(JSON.stringify({ MetricData: [{ ...call.MetricData[0], Dimensions }], Namespace: 'Shop' }))).toBe(true);
  });

  it('is none without them', () => {
    const inside = JSON.stringify({ call });
    for (const text of ['', '{}', 'garbage', '{"Namespace":"Shop"}', '{"MetricData":[]}', '{"Namespace":1,"MetricData":[]}', inside])
      expect(isOne(text), text).toBe(false);
  });
});
