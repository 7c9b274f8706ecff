import { expect, test } from 'vitest';
import { parseDocument } from './document.js';

const now = 1_800_000_000;
const good = {
  id: '53995c3f42cd8ad8',
  name: 'orders-api',
  trace_id: '1-6b49d200-6312e05eb59a7b9055d4081a',
  start_time: now - 1,
  end_time: now,
};
const child = { id: '53995c3f42cd8ad9', name: 'work', start_time: now - 1, end_time: now };

const parse = (document: unknown) => parseDocument(JSON.stringify(document), now);
function rejection(document: unknown) {
  const parsed = parse(document);
  return 'rejected' in parsed ? parsed.rejected : null;
}

test.each<[string, object]>([
  ['a complete segment', {}],
  ['in_progress without end_time', { end_time: undefined, in_progress: true }],
  ["Python's in_progress: false beside end_time", { in_progress: false }],
  ['null members', { http: null, aws: null, subsegments: null, parent_id: null, annotations: null, cause: null }],
  ['an empty parent_id and namespace', { parent_id: '', namespace: '', user: '' }],
  ['a cause that is a string', { cause: '53995c3f42cd8ad8', fault: true }],
  ['a cause that is an object', { cause: { id: '53995c3f42cd8ad8', exceptions: [] } }],
  ['traced at the top level', { type: 'subsegment', parent_id: '53995c3f42cd8ad1', namespace: 'remote', traced: true }],
  [
    'embedded subsegments with the members of streamed ones',
    { subsegments: [{ ...child, type: 'subsegment', trace_id: 'x', parent_id: 'y' }] },
  ],
  ['unknown members', { Dummy: false, __proto: 1 }],
  ['symbols and letters of any script in a name', { name: 'ünïcode 服务 a_b.c:d/e%f&g#h=i+j\\k-l@m' }],
])('accepts %s', (_, members) => {
  expect(parse({ ...good, ...members })).toHaveProperty('document');
});

test.each(['x', 'é', '服', '\u{1f600}'])('accepts a document of 65,536 bytes of UTF-8, and no byte more, of "%s"', (character) => {
  const text = JSON.stringify({ ...good, metadata: { text: '' } });
  const bytes = Buffer.byteLength(character);
  const room = 65_536 - Buffer.byteLength(text);
  const filler = character.repeat(Math.floor(room / bytes)) + 'x'.repeat(room % bytes);
  const full = text.replace('"text":""', `"text":"${filler}"`);
  expect(Buffer.byteLength(full)).toBe(65_536);
  expect(parseDocument(full, now)).toHaveProperty('document');
  expect(parseDocument(`${full} `, now)).toMatchObject({ rejected: { id: good.id, code: 'InvalidSegment' } });
});

test('accepts a time in exponent form', () => {
  const text = JSON.stringify(good).replace(String(now - 1), '1.799999999271E9');
  expect(parseDocument(text, now)).toHaveProperty('document.start_time', 1_799_999_999.271);
});

test('keeps IDs in lower case and an empty parent_id as none', () => {
  const parsed = parse({ ...good, id: 'ABCDEF3F42CD8AD8', trace_id: good.trace_id.toUpperCase(), parent_id: '' });
  expect(parsed).toMatchObject({ document: { id: 'abcdef3f42cd8ad8', trace_id: good.trace_id, parent_id: undefined } });
});

test.each<[string, object]>([
  ['MissingId', { id: undefined }],
  ['InvalidId', { id: 'xyz' }],
  ['InvalidId', { id: 5 }],
  ['MissingTraceId', { trace_id: null }],
  ['InvalidTraceId', { trace_id: '1-6b49d200-6312e05eb59a7b9055d4081' }],
  ['InvalidTraceId', { trace_id: '1-6b49d20g-6312e05eb59a7b9055d4081a' }],
  ['MissingName', { name: null }],
  ['InvalidName', { name: '' }],
  ['InvalidName', { name: 'a?b' }],
  ['InvalidName', { name: '服务?' }],
  ['InvalidName', { name: 'x'.repeat(201) }],
  ['InvalidName', { name: 7 }],
  ['MissingStartTime', { start_time: '1' }],
  ['MissingEndTime', { end_time: undefined }],
  ['MissingEndTime', { end_time: undefined, in_progress: false }],
  ['MissingParentId', { type: 'subsegment' }],
  ['InvalidParentId', { parent_id: 'zz' }],
  ['InvalidSegment', { start_time: now - 31 * 86_400 }],
  ['InvalidSegment', { start_time: now + 16 * 60, end_time: now + 16 * 60 }],
  ['InvalidSegment', { end_time: now + 1e9 }],
  ['InvalidSegment', { subsegments: {} }],
])('refuses with %s: %j', (code, members) => {
  expect(rejection({ ...good, ...members })?.code).toBe(code);
});

test('one bad subsegment, however deep, rejects the document under its own ID', () => {
  const document = { ...good, subsegments: [child, { ...child, subsegments: [{ ...child, name: '' }] }] };
  expect(rejection(document)).toEqual({
    id: good.id,
    code: 'InvalidName',
    message: 'Invalid subsegment. ErrorCode: InvalidName, Cause: null',
  });
  expect(rejection({ ...good, subsegments: [{ ...child, end_time: null }] })?.code).toBe('MissingEndTime');
  expect(rejection({ ...good, subsegments: [null] })?.code).toBe('MissingId');
});

test('the message of a segment names the code, and that of a time outside the window names the window', () => {
  expect(rejection({ ...good, end_time: undefined })?.message).toBe('Invalid segment. ErrorCode: MissingEndTime');
  expect(rejection({ ...good, start_time: 1 })?.message).toContain('[now - 30 days, now + 15 minutes]');
});

test.each(['', 'garbage', '{', 'null', '7', '"text"', '{"a":NaN}'])('answers %j with ParseError and no ID', (text) => {
  expect(parseDocument(text, now)).toEqual({ rejected: { code: 'ParseError', message: 'Invalid segment. ErrorCode: ParseError' } });
});

test('answers an array with MissingId', () => {
  expect(rejection([])?.code).toBe('MissingId');
  expect(rejection([good])?.code).toBe('MissingId');
});

test('takes a number beyond all bounds for missing', () => {
  const text = JSON.stringify(good).replace(`"end_time":${now}`, '"end_time":1e999');
  expect(parseDocument(text, now)).toHaveProperty('rejected.code', 'MissingEndTime');
});

test('measures the size in bytes of UTF-8', () => {
  const padded = (text: string) => parse({ ...good, metadata: { default: { text } } });
  expect(padded('x'.repeat(65_000))).toHaveProperty('document');
  expect(padded('x'.repeat(66_000))).toMatchObject({ rejected: { id: good.id, code: 'InvalidSegment' } });
  expect(padded('é'.repeat(33_000))).toHaveProperty('rejected.code', 'InvalidSegment');
  expect(padded('服'.repeat(21_000))).toHaveProperty('document');
  expect(padded('😀'.repeat(16_000))).toHaveProperty('document');
  expect(padded('😀'.repeat(16_400))).toHaveProperty('rejected.code', 'InvalidSegment');
});

test('survives hostile members: __proto__, lone surrogates, subsegments as deep as the size allows', () => {
  const text = `${JSON.stringify(good).slice(0, -1)},"__proto__":{"end_time":1},"metadata":{"__proto__":{"polluted":true}},"user":"\\ud800"}`;
  expect(parseDocument(text, now)).toHaveProperty('document');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  const levels = 10_000;
  const deep = `${JSON.stringify(good).slice(0, -1)},"subsegments":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  expect(parseDocument(deep, now)).toHaveProperty('rejected');
  const open = `{"id":"53995c3f42cd8ad9","name":"w","start_time":${now},"end_time":${now},"subsegments":[`;
  const nested = JSON.stringify(good).replace(/}$/, `,"subsegments":[${open.repeat(600)}${']}'.repeat(600)}]}`);
  expect(parseDocument(nested, now)).toHaveProperty('document');
});
