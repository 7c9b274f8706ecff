import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { partitionOf, traceIdIn } from './trace-partition.js';

const traceId = '1-581cf771-a006649127e371903a2de979';
const otherId = '1-00000000-00000000000000000000000f';
const found = (text: string) => traceIdIn(Buffer.from(text))?.toString() ?? null;

/** Where a plain producer sends a message with this key. */
function partitionOfKey(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1 }));
  return kafkajs.Partitioners.DefaultPartitioner()({
    topic: '',
    partitionMetadata: partitionMetadata.map((one) => ({ ...one, partitionErrorCode: 0, replicas: [], isr: [] })),
    message: { key, value: '' },
  });
}

describe('the partition of a document', () => {
  it('is the one that a plain producer gives a message whose key is the trace ID', () => {
    const hex = fc.stringMatching(/^[0-9a-f]{32}$/);
    fc.assert(
      fc.property(hex, fc.integer({ min: 2, max: 64 }), (digits, partitions) => {
        const id = `1-${digits.slice(0, 8)}-${digits.slice(8)}`;
        const document = Buffer.from(JSON.stringify({ name: 'a', trace_id: id }));
        expect(partitionOf(document, partitions)).toBe(partitionOfKey(id, partitions));
        expect(partitionOf(Buffer.from(document.toString().replace(id, id.toUpperCase())), partitions)).toBe(
          partitionOfKey(id, partitions),
        );
      }),
    );
  });

  it('is that of all bytes where there is no trace ID', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(bytes, (document) => {
        const text = Buffer.from(document).toString('latin1');
        if (/^[\x20-\x7e]+$/.test(text)) expect(partitionOf(document, 7)).toBe(partitionOfKey(text, 7));
        expect(partitionOf(document, 7)).toBeLessThan(7);
      }),
    );
  });
});

describe('the trace ID in raw bytes', () => {
  it('is found wherever it stands, however it is spaced', () => {
    expect(found(`{"trace_id":"${traceId}"}`)).toBe(traceId);
    expect(found(`{"id":"x",\n "trace_id" :\t"${traceId}", "name":"a"}`)).toBe(traceId);
    expect(found(`{"trace_id":"${traceId.toUpperCase()}"}`)).toBe(traceId);
  });

  it('is the one at the top where others are named', () => {
    const link = { trace_id: otherId, id: '1' };
    expect(found(JSON.stringify({ links: [link], trace_id: traceId }))).toBe(traceId);
    expect(found(JSON.stringify({ trace_id: traceId, links: [link], metadata: { a: { trace_id: otherId } } }))).toBe(traceId);
    expect(found(JSON.stringify({ note: `"trace_id":"${otherId}"`, text: '"trace_id"', trace_id: traceId }))).toBe(traceId);
    expect(found(`{"trace_id":"${otherId}","trace_id":"${traceId}"}`)).toBe(traceId);
  });

  it('agrees with a parser on whatever stands around it', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (before, after) => {
        const nested = { trace_id: otherId };
        expect(found(JSON.stringify({ before, nested, trace_id: traceId, after }))).toBe(traceId);
      }),
    );
  });

  it('is null for what is none', () => {
    for (const text of [
      '',
      '{}',
      '{"trace_id":1}',
      '{"trace_id":"short"}',
      `{"trace_id":"${'1'.repeat(35)}"}`,
      '{"trace_id"',
      `["trace_id","${traceId}"]`,
    ])
      expect(found(text)).toBeNull();
  });
});
