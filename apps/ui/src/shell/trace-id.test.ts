import { describe, expect, it } from 'vitest';
import { traceIdIn } from './trace-id.js';

const id = '1-581cf771-a006649127e371903a2de979';

describe('a pasted trace ID', () => {
  it.each([
    id,
    ` ${id}\n`,
    id.toUpperCase(),
    '581cf771a006649127e371903a2de979',
    `Root=${id};Parent=53995c3f42cd8ad8;Sampled=1`,
    `X-Amzn-Trace-Id: Self=1-67891234-12456789abcdef0123456789;Root=${id}`,
    '00-581cf771a006649127e371903a2de979-00f067aa0ba902b7-01',
    `https://eu-west-1.console.aws.amazon.com/xray/home?region=eu-west-1#/traces/${id}`,
    `http://localhost:2020/traces/${id}?node=a`,
    `arn:aws:xray:us-east-1:000000000000:trace/${id}`,
    `https://example.test/open?arn=arn%3Aaws%3Axray%3Aus-east-1%3A000000000000%3Atrace%2F${id}`,
  ])('is found in %s', (text) => {
    expect(traceIdIn(text)).toBe(id);
  });

  it.each(['', 'checkout-api', '1-581cf771-a00664', 'a'.repeat(33), 'deadbeef-deadbeef'])('is not seen in %s', (text) => {
    expect(traceIdIn(text)).toBeNull();
  });
});
