import { describe, expect, it } from 'vitest';
import { awsJson } from './aws-json.js';
import { CloudWatchError, cloudWatchErrorOf } from './cloudwatch-errors.js';
import { AwsError } from './errors.js';
import { list, structure, text, whole } from './fields.js';

const call = { operation: 'ListMetrics', requestId: 'r' };

describe('AWS JSON', () => {
  it('reads an object, and no body as one without members', () => {
    const decode = (body: string) => awsJson.decode({ body: Buffer.from(body), query: '' }, {});
    expect(decode('{"Value":1e+300,"Timestamp":1700000000.123}')).toEqual({ Value: 1e300, Timestamp: 1700000000.123 });
    expect(decode('')).toEqual({});
    for (const body of ['{', '[]', '1', '"x"', 'NaN', '\u0000']) expect(() => decode(body)).toThrow(AwsError);
  });

  it('writes timestamps as seconds, maps as objects, and what is no number of JSON as text', () => {
    const output = { At: new Date(1700000000123), Map: new Map([['p99', Number.POSITIVE_INFINITY]]), Gone: undefined, None: [] };
    const { headers, body } = awsJson.encode(output, call);
    expect(headers).toEqual({ 'content-type': 'application/x-amz-json-1.0' });
    expect(body).toBe('{"At":1700000000.123,"Map":{"p99":"Infinity"},"None":[]}');
    expect(awsJson.encode(null, call).body).toBe('{}');
  });

  it('writes an error with its type, and with its code of AWS Query in a header', () => {
    const { status, headers, body } = awsJson.encodeError(new CloudWatchError('ValidationError', 'no'), call);
    expect([status, headers['x-amzn-query-error']]).toEqual([400, 'ValidationError;Sender']);
    expect(body).toBe('{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}');
  });
});

describe('an error that all services share', () => {
  const fields = structure({ Deep: list(structure({ Name: text({ max: 2 }) })), Period: whole({ min: 1 }) });
  const errorOf = (value: unknown) => {
    try {
      fields(value, '');
      return null;
    } catch (error) {
      const { code, message } = cloudWatchErrorOf(error as AwsError);
      return [code, message];
    }
  };

  it('has the words of CloudWatch: a member that is missing is named as a parameter', () => {
    expect(errorOf({})).toEqual(['MissingParameter', 'The parameter Deep is required.']);
    expect(errorOf({ Deep: [{ Name: 'a' }, {}], Period: 1 })).toEqual([
      'MissingParameter',
      'The parameter Deep.member.2.Name is required.',
    ]);
    expect(errorOf({ Deep: [null] })).toEqual(['MissingParameter', 'The parameter Deep.member.1 is required.']);
    expect(errorOf({ Deep: [{ Name: 'abc' }] })).toEqual(['ValidationError', expect.stringContaining("at 'deep.1.member.name' failed")]);
    expect(errorOf({ Deep: [], Period: 0 })).toEqual(['ValidationError', expect.stringContaining("Value '0' at 'period' failed")]);
  });

  it('has a code of CloudWatch whichever it is', () => {
    expect(cloudWatchErrorOf(new AwsError('ThrottledException', 'Rate exceeded'))).toMatchObject({ code: 'Throttling', status: 400 });
    expect(cloudWatchErrorOf(new AwsError('InternalFailure', 'x'))).toMatchObject({ code: 'InternalServiceError', fault: 'Receiver' });
    expect(cloudWatchErrorOf(new AwsError('ResourceNotFoundException', 'x')).code).toBe('InvalidParameterValue');
  });
});
