import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { awsQuery } from './aws-query.js';
import { CloudWatchError } from './cloudwatch-errors.js';
import { AwsError } from './errors.js';

const input = {
  Namespace: 'text',
  Data: [{ Name: 'text', Value: 'number', Values: ['number'], Dimensions: [{ Name: 'text', Value: 'text' }] }],
  Set: { Sum: 'number' },
  Flag: 'flag',
} as const;
const call = { operation: 'ListMetrics', requestId: 'r' };
const decode = (form: string, query = '') => awsQuery.decode({ body: Buffer.from(form), query }, input);

describe('a call in AWS Query', () => {
  it('is read whatever the order, with gaps in its numbers, in the form and in the address', () => {
    const form =
      'Data.member.7.Name=last&Data.member.2.Dimensions.member.1.Value=a%20b%26c&Data.member.2.Dimensions.member.1.Name=x+y&Action=PutMetricData&Version=2010-08-01&Data.member.2.Value=1e3&Flag=true&Set.Sum=-.5';
    expect(decode(form, 'Action=Other&Namespace=App')).toEqual({
      Namespace: 'App',
      Data: [{ Dimensions: [{ Name: 'x y', Value: 'a b&c' }], Value: 1000 }, { Name: 'last' }],
      Flag: true,
      Set: { Sum: -0.5 },
    });
  });

  it('has an empty list where the name of the list has no value', () => {
    expect(decode('Data=')).toEqual({ Data: [] });
    expect(decode('Data.member.1.Values=&Data.member.1.Name=')).toEqual({ Data: [{ Values: [], Name: '' }] });
  });

  it('leaves as text what is no number or flag, so that it can be named', () => {
    expect(decode('Data.member.1.Value=NaN&Data.member.2.Value=0x10&Data.member.3.Value=&Flag=yes')).toEqual({
      Data: [{ Value: 'NaN' }, { Value: '0x10' }, { Value: '' }],
      Flag: 'yes',
    });
  });

  it('ignores what is no member, and members that every object has', () => {
    expect(decode('Unknown=1&__proto__.x=1&constructor=2&Set.toString=3&Data.member.1.__proto__=4')).toEqual({ Set: {}, Data: [{}] });
  });

  it.each(['Data.1.Name=x', 'Data.member.x.Name=y', 'Data.member.-1.Name=y', 'Data=x', 'Namespace.member.1=x', 'Data.entry.1.Name=x'])(
    'is refused when it has no form that a list has: %s',
    (form) => {
      expect(() => decode(form)).toThrow(AwsError);
    },
  );

  it('is members or an error of the caller, whatever the form', () => {
    const word = fc.constantFrom(
      'Data',
      'member',
      '1',
      '2',
      '9999999',
      'Name',
      'Value',
      'Values',
      'Dimensions',
      'Set',
      'Sum',
      '',
      '%zz',
      'é',
    );
    const name = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join('.'));
    const form = fc.array(fc.tuple(name, fc.oneof(fc.string(), fc.constantFrom('', '1', 'NaN'))), { maxLength: 12 });
    const text = fc.oneof(
      form.map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
      fc.string(),
    );
    const check = (body: string) => {
      try {
        expect(typeof decode(body)).toBe('object');
      } catch (error) {
        expect(error).toBeInstanceOf(AwsError);
      }
    };
    fc.assert(fc.property(text, check), { numRuns: 3_000 });
  });

  it('of the largest size is read in time', () => {
    const parameters = Array.from({ length: 20_000 }, (_, n) => `Data.member.${n + 1}.Dimensions.member.1.Name=${n}`).join('&');
    const deep = `${'a.'.repeat(500_000)}=1`;
    const startedMs = performance.now();
    expect(decode(parameters).Data).toHaveLength(20_000);
    expect(decode(deep)).toEqual({});
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

describe('an answer in AWS Query', () => {
  it('nests its result, with lists as members, maps as entries and times in ISO 8601', () => {
    const output = {
      Label: '<&>"\u0001',
      Points: [
        { At: new Date(1700000000000), More: new Map([['p99', 1e300]]) },
        { At: new Date(1700000000123), Gone: undefined },
      ],
      None: [],
      Flag: true,
    };
    expect(awsQuery.encode(output, call)).toEqual({
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body:
        '<ListMetricsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><ListMetricsResult>' +
        '<Label>&lt;&amp;&gt;&quot;\ufffd</Label><Points><member><At>2023-11-14T22:13:20Z</At>' +
        '<More><entry><key>p99</key><value>1e+300</value></entry></More></member><member><At>2023-11-14T22:13:20.123Z</At></member></Points>' +
        '<None></None><Flag>true</Flag></ListMetricsResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListMetricsResponse>',
    });
    expect(awsQuery.encode(null, call).body).not.toContain('Result');
  });

  it('of an error says whose it is', () => {
    const { status, body } = awsQuery.encodeError(new CloudWatchError('InternalServiceError', 'a < b'), call);
    expect(status).toBe(500);
    expect(body).toContain(
      '<Error><Type>Receiver</Type><Code>InternalServiceError</Code><Message>a &lt; b</Message></Error><RequestId>r</RequestId>',
    );
  });
});
