import type { EntityDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { exceptionsOf, flatRows, linkedTraces, precursorsOf } from './detail-rows.js';

const source = (members: Record<string, unknown>) => members as unknown as EntityDocument;

test('flattens a block in its order, keeps lists and what is too deep as JSON', () => {
  const block = { request: { method: 'GET', headers: {} }, tags: [1, 'a'], ok: true, a: { b: { c: { d: { e: 1 } } } } };
  expect(flatRows(block)).toEqual([
    { key: 'request.method', value: 'GET' },
    { key: 'request.headers', value: '{}' },
    { key: 'tags', value: '[1,"a"]' },
    { key: 'ok', value: 'true' },
    { key: 'a.b.c.d', value: '{"e":1}' },
  ]);
  for (const nothing of [undefined, null, 5, 'text', []]) expect(flatRows(nothing)).toEqual([]);
});

test('is bounded, and not misled by keys of JavaScript', () => {
  expect(flatRows(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key${i}`, i])))).toHaveLength(200);
  expect(flatRows(JSON.parse('{"__proto__":"x","constructor":1}'))).toEqual([
    { key: '__proto__', value: 'x' },
    { key: 'constructor', value: '1' },
  ]);
});

test('reads exceptions with their frames, whatever is missing in them', () => {
  const stack = [{ path: 'a.js', line: 3, label: 'charge' }, { path: 'node', line: null }, 5];
  const [first, second] = exceptionsOf(
    source({
      cause: { exceptions: [{ type: 'TypeError', message: 'no', remote: true, stack, truncated: 2, skipped: 1 }, {}, { id: 'x' }] },
    }),
  );
  expect(first).toEqual({
    title: 'TypeError',
    message: 'no',
    remote: true,
    stack: ['charge  a.js:3', 'node'],
    leftOut: '2 more frames, 1 exceptions left out',
  });
  expect(second).toMatchObject({ title: 'Exception', stack: [] });
  for (const cause of [undefined, null, 'id', 5, {}, { exceptions: 7 }]) expect(exceptionsOf(source({ cause }))).toEqual([]);
});

test('reads links and precursors, and nothing of another shape', () => {
  expect(linkedTraces({ links: [{ trace_id: '1-a', id: 'b', attributes: { kind: 'sqs' } }, 7] as never })).toEqual([
    { traceId: '1-a', id: 'b', attributes: '{"kind":"sqs"}' },
  ]);
  expect(linkedTraces({ links: 'x' as never })).toEqual([]);
  expect(precursorsOf(source({ precursor_ids: ['a', 3] }))).toEqual(['a']);
});
