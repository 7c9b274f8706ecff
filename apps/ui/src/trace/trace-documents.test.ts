import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { buffersOf } from './messages.js';
import { TraceDocuments } from './trace-documents.js';

const start = 1_800_000_000;
const exception = '00000000000000ee';
const base = { trace_id: '1-6b49d200-6312e05eb59a7b9055d4081a', name: 'shop', start_time: start, end_time: start + 1 };
const failing = { id: '0000000000000003', name: 'charge', start_time: start, end_time: start + 1, fault: true };
const root: SegmentDocument = {
  ...base,
  id: '0000000000000001',
  origin: 'AWS::ECS::Container',
  service: { version: '7' },
  cause: exception,
  subsegments: [{ ...failing, cause: { exceptions: [{ id: exception, message: 'no' }] } }],
};
const streamed = { ...base, id: '0000000000000002', type: 'subsegment', parent_id: failing.id, name: 'wait', cause: { id: failing.id } };

function read(...lines: unknown[]): TraceDocuments {
  const documents = new TraceDocuments();
  for (const line of lines) documents.add(typeof line === 'string' ? line : JSON.stringify(line));
  return documents;
}

test('tells of a row its own members, its segment, its document, and where its exception is kept', () => {
  const documents = read(root, streamed);
  documents.layOut();
  expect(documents.details(failing.id)).toMatchObject({ documentId: root.id, segment: { name: 'shop', version: '7' }, causeId: null });
  expect(documents.details(streamed.id)).toMatchObject({ documentId: streamed.id, segment: { id: root.id }, causeId: failing.id });
  expect(documents.details(root.id)?.causeId).toBe(failing.id);
  expect(documents.details(root.id)?.source).not.toHaveProperty('subsegments');
  expect(documents.details('nobody')).toBeNull();
});

test('gives each document back as it was sent', () => {
  const documents = read(root, streamed);
  expect(documents.entries().map(({ id, isSubsegment }) => [id, isSubsegment])).toEqual([
    [root.id, false],
    [streamed.id, true],
  ]);
  expect(JSON.parse(documents.text(root.id) ?? '')).toEqual(root);
});

test('counts what it cannot read, and goes on', () => {
  expect(read('', root, '{"torn', '{}', streamed).layOut()).toMatchObject({ documents: 2, unreadable: 2 });
});

test('ranks services by the time that they spent, and hands every array over', () => {
  const slow = { ...base, id: '0000000000000009', name: 'slow', parent_id: failing.id };
  const data = read(root, slow).layOut();
  const rankOf = (name: string) => data.rank[data.rows.services.findIndex((service) => service.name === name)];
  expect([rankOf('slow'), rankOf('shop')]).toEqual([0, 1]);
  expect(buffersOf(data)).toHaveLength(21);
});
