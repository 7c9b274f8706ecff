import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOtlpBody, readDatagram } from './datagram.js';

const encoder = new TextEncoder();
const read = (text: string) => readDatagram(encoder.encode(text));
const body = '{"id":"1"}';

test.each(['{"format":"json","version":1}', '{"format": "json", "version": 1}'])('reads the header that SDKs send: %s', (header) => {
  expect(read(`${header}\n${body}`)).toEqual({ bodyStart: header.length + 1 });
});

test.each([
  '{"version":1,"format":"json"}',
  '{"format":"JSON","version":1}',
  ' { "format" :\t"json", "version": 1, "more": [1] } ',
  '{"format":"json","version":1}\r',
  '{"Format":"json","Version":1}',
])('accepts any order, case and white space: %j', (header) => {
  expect(read(`${header}\n${body}`)).toEqual({ bodyStart: header.length + 1 });
});

test.each([
  '{"format":"json","version":"1"}',
  '{"format":"json","version":2}',
  '{"format":"xml","version":1}',
  '{"format":"json"}',
  '{"version":1}',
  'null',
  '[]',
  '',
  '{"format":"json","version":1',
  'garbage',
])('refuses the header %j', (header) => {
  expect(read(`${header}\n${body}`)).toEqual({ rejected: 'invalid header' });
});

test.each(['', '{"format":"json","version":1}', '{"format":"json","version":1}\n', '{"format": "json", "version": 1}\n', 'x\n'])(
  'parses a header without a body as a rejection: %j',
  (text) => {
    expect(read(text)).toEqual({ rejected: 'missing header or segment' });
  },
);

test('splits at the first newline only', () => {
  expect(read('{"version":1,"format":"json"}\na\nb')).toEqual({ bodyStart: 30 });
});

test('never throws, whatever arrives', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(readDatagram(bytes)).toBeDefined();
    }),
  );
});

test('recognises the bodies of the ADOT exporter', () => {
  expect(isOtlpBody(encoder.encode('x\nT1SCgA='), 2)).toBe(true);
  expect(isOtlpBody(encoder.encode('x\nT1UCgA='), 2)).toBe(true);
  expect(isOtlpBody(encoder.encode('x\n{"id"'), 2)).toBe(false);
  expect(isOtlpBody(encoder.encode('x\nT1'), 2)).toBe(false);
});
