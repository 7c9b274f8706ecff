import { afterEach, describe, expect, it, vi } from 'vitest';
import { AwsError } from './errors.js';
import { type Field, flag, list, number, oneOf, optional, structure, text, timestamp } from './fields.js';

describe('structure', () => {
  const request = structure({
    TraceIds: list(text({ min: 1, max: 3 }), { min: 1, max: 2 }),
    Mode: optional(oneOf('A', 'B')),
    Deep: optional(structure({ On: flag })),
  });

  it('answers the members it names, and only its own', () => {
    expect(request({ TraceIds: ['a', 'b'], Mode: null, Unknown: 1 }, '')).toEqual({
      TraceIds: ['a', 'b'],
      Mode: undefined,
      Deep: undefined,
    });
    expect(messageOf(request, Object.create({ TraceIds: ['a'] }))).toContain("Value null at 'traceIds'");
  });

  it.each([
    [{}, "Value null at 'traceIds' failed to satisfy constraint: Member must not be null"],
    [{ TraceIds: [] }, "at 'traceIds' failed to satisfy constraint: Member must have length greater than or equal to 1"],
    [{ TraceIds: ['a', 'b', 'c'] }, "at 'traceIds' failed to satisfy constraint: Member must have length less than or equal to 2"],
    [{ TraceIds: ['a', 7] }, "Value '7' at 'traceIds.2.member' failed to satisfy constraint: Member must be a string"],
    [{ TraceIds: [null] }, "Value null at 'traceIds.1.member' failed to satisfy constraint: Member must not be null"],
    [
      { TraceIds: ['abcd'] },
      "Value 'abcd' at 'traceIds.1.member' failed to satisfy constraint: Member must have length less than or equal to 3",
    ],
    [{ TraceIds: 'a' }, "at 'traceIds' failed to satisfy constraint: Member must be a list"],
    [{ TraceIds: ['a'], Mode: 'C' }, "Value 'C' at 'mode' failed to satisfy constraint: Member must satisfy enum value set: [A, B]"],
    [{ TraceIds: ['a'], Deep: [] }, "at 'deep' failed to satisfy constraint: Member must be a structure"],
    [{ TraceIds: ['a'], Deep: { On: 1 } }, "Value '1' at 'deep.on' failed to satisfy constraint: Member must be a boolean"],
  ])('refuses %j in the words of AWS', (value, message) => {
    expect(messageOf(request, value)).toContain(message);
  });

  it('bounds what it quotes', () => {
    expect(messageOf(text({ max: 1 }), 'x'.repeat(10_000))?.length).toBeLessThan(400);
  });
});

describe('number', () => {
  it('is finite and in its range', () => {
    expect(number({ min: 0 })(0, 'n')).toBe(0);
    for (const value of [-1, Number.POSITIVE_INFINITY, '1', true]) expect(messageOf(number({ min: 0 }), value)).not.toBeNull();
  });
});

describe('timestamp', () => {
  it.each([
    [1624257967, 1624257967],
    [1624257967.25, 1624257967.25],
    [1624257967000, 1624257967],
    ['1624257967.5', 1624257967.5],
    ['2021-06-21T06:46:07Z', 1624257967],
    ['2021-06-21T06:46:07.250Z', 1624257967.25],
    [0, 0],
    [-1, -1],
  ])('reads %j as epoch seconds', (value, seconds) => {
    expect(timestamp(value, 't')).toBe(seconds);
  });

  it.each(['2021-06-21T06:46:07', '2021-06-21T06:46', '20210621T064607', '2021-06-21T08:46:07+02:00'])(
    'reads %j alike wherever the process runs',
    (value) => {
      const seconds = value.endsWith('46') ? 1624257960 : 1624257967;
      for (const zone of ['UTC', 'America/New_York', 'Asia/Kolkata']) {
        vi.stubEnv('TZ', zone);
        expect([zone, new Date(0).getTimezoneOffset() === 0]).toEqual([zone, zone === 'UTC']);
        expect([zone, timestamp(value, 't')]).toEqual([zone, seconds]);
      }
    },
  );
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(['', ' ', 'soon', '2021-06-21', '2021-02-30T00:00:00Z', 1e300, Number.NaN, true, {}, null])('refuses %j', (value) => {
    expect(messageOf(timestamp, value)).toContain("at 't'");
  });
});

function messageOf(field: Field<unknown>, value: unknown): string | null {
  try {
    field(value, field === timestamp ? 't' : '');
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    return error instanceof AwsError ? error.message : null;
  }
}
