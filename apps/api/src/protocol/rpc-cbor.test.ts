import { cbor, tag } from '@smithy/core/cbor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSafeCbor } from './cbor-bounds.js';
import { CloudWatchError } from './cloudwatch-errors.js';
import { AwsError } from './errors.js';
import { rpcCbor } from './rpc-cbor.js';

const call = { operation: 'ListMetrics', requestId: 'r' };
const decode = (hex: string) => rpcCbor.decode({ body: Buffer.from(hex.replaceAll(' ', ''), 'hex'), query: '' }, {});

describe('a call in CBOR', () => {
  it('is read as the specification has it', () => {
    const vector =
      'a2694e616d657370616365634170706a4d65747269634461746181a36a4d65747269634e616d65614c6954696d657374616d70c1fb41d954fc4007df3b6556616c7565fb3ff8000000000000';
    expect(decode(vector)).toEqual({ Namespace: 'App', MetricData: [{ MetricName: 'L', Timestamp: 1700000000.123, Value: 1.5 }] });
  });

  it.each([
    ['', {}],
    ['a0', {}],
    ['bf ff', {}],
    ['bf 61 61 9f 01 02 ff 61 62 7f 61 78 62 79 7a ff ff', { a: [1, 2], b: 'xyz' }],
    ['a1 61 61 f9 3e 00', { a: 1.5 }],
    ['a1 61 61 fa 3f c0 00 00', { a: 1.5 }],
    ['a1 61 61 20', { a: -1 }],
    ['a1 61 61 1b ff ff ff ff ff ff ff ff', { a: 2 ** 64 }],
    ['a1 61 61 c1 1a 65 53 f1 00', { a: 1700000000 }],
    ['a4 61 61 f9 7e 00 61 62 f9 7c 00 61 63 f9 fc 00 61 64 f6', { a: 'NaN', b: 'Infinity', c: '-Infinity', d: null }],
    ['a1 69 5f 5f 70 72 6f 74 6f 5f 5f a1 61 61 01', {}],
  ])('is read, of the bytes "%s"', (hex, members) => {
    expect(decode(hex)).toEqual(members);
    expect(decode(hex).a).toEqual('a' in members ? members.a : undefined);
  });

  it.each([
    ['a list that says it has 33 million items', 'a1 61 61 9a 02 00 00 00'],
    ['lists in lists in lists', `a1 61 61 ${'81'.repeat(10_000)}`],
    ['a number as long as the body', `a1 61 61 c2 5a 00 10 00 00 ${'ff'.repeat(4_096)}`],
    ['a decimal fraction of 268 million digits', 'a1 61 61 c4 82 1a 10 00 00 00 01'],
    ['bytes', 'a1 61 61 41 00'],
    ['a name that is no text', 'a1 01 02'],
    ['a list', '80'],
    ['a timestamp', 'c1 00'],
    ['more than one item', 'a0 a0'],
    ['the begin of an item', 'a1 61'],
    ['a break without a begin', 'ff'],
  ])('is refused when it is %s', (_what, hex) => {
    const startedMs = performance.now();
    expect(() => decode(hex)).toThrow('not a CBOR map');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('is members or an error of the caller, whatever the bytes', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.string(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(fc.string({ maxLength: 9 }), tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    const encoded = value.map((one) => Buffer.from(cbor.serialize(one)));
    const torn = fc.tuple(encoded, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
    const bytes = fc.oneof(
      encoded,
      torn,
      fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some)),
    );
    fc.assert(
      fc.property(bytes, (body) => expectMembersOrRefusal(() => rpcCbor.decode({ body, query: '' }, {}))),
      { numRuns: 3_000 },
    );
  });

  it('is not refused for its form: what the codec writes is safe', () => {
    const json = fc.jsonValue({ maxDepth: 6 });
    fc.assert(fc.property(json, (value) => isSafeCbor(Buffer.from(cbor.serialize(value)))));
  });
});

describe('an answer in CBOR', () => {
  it('has its timestamps tagged, its maps as maps, and says its protocol', () => {
    const output = { Label: 'L', At: new Date(1700000000123), Map: new Map([['p99', 1.5]]), Gone: undefined, None: [] };
    const { status, headers, body } = rpcCbor.encode(output, call);
    expect([status, headers]).toEqual([200, { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' }]);
    const expected = { Label: 'L', At: tag({ tag: 1, value: 1700000000.123 }), Map: { p99: 1.5 }, None: [] };
    expect(cbor.deserialize(Buffer.from(body))).toEqual(expected);
    expect(Buffer.from(rpcCbor.encode(null, call).body).toString('hex')).toBe('a0');
  });

  it('of an error has its code of AWS Query in a header', () => {
    const { status, headers, body } = rpcCbor.encodeError(new CloudWatchError('MissingParameter', 'gone'), call);
    expect([status, headers['x-amzn-query-error'], headers['smithy-protocol']]).toEqual([400, 'MissingParameter;Sender', 'rpc-v2-cbor']);
    const __type = 'com.amazonaws.cloudwatch.v2010_08_01#MissingRequiredParameterException';
    expect(cbor.deserialize(Buffer.from(body))).toEqual({ __type, message: 'gone' });
  });
});

function expectMembersOrRefusal(decode: () => unknown): void {
  try {
    expect(typeof decode()).toBe('object');
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
  }
}
