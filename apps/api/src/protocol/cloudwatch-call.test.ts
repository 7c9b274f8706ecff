import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { cloudWatchCallOf, failedCallOf, noteForm } from './cloudwatch-call.js';

function callOf(request: { method?: string; url: string; headers?: Record<string, string> }, form?: string) {
  const incoming = { method: 'POST', headers: {}, ...request } as unknown as IncomingMessage;
  if (form !== undefined) noteForm(incoming, Buffer.from(form));
  return cloudWatchCallOf(incoming);
}

const target = (name: string) => ({ headers: { 'x-amz-target': name } });

describe('a call of CloudWatch', () => {
  it.each([
    [{ url: '/service/GraniteServiceVersion20100801/operation/ListMetrics' }, undefined, 'cbor'],
    [{ url: '/', ...target('GraniteServiceVersion20100801.ListMetrics') }, undefined, 'json'],
    [{ url: '/' }, 'Action=ListMetrics&Version=2010-08-01', 'query'],
    [{ url: '/' }, 'Namespace=%26Action%3DX&Version=2010-08-01&Action=ListMetrics', 'query'],
    [{ url: '/' }, 'MyAction=X&Action=ListMetrics', 'query'],
    [{ url: '/?Action=ListMetrics&Version=2010-08-01' }, undefined, 'query'],
    [{ url: '/?Action=ListMetrics', method: 'GET' }, undefined, 'query'],
  ] as const)('is %j with the form %s', (request, form, protocol) => {
    expect(callOf(request, form)).toEqual({ protocol, operation: 'ListMetrics' });
  });

  it.each([
    [{ url: '/', ...target('Logs_20140328.PutLogEvents') }, undefined],
    [{ url: '/', ...target('Logs_20140328.PutLogEvents') }, 'Action=ListMetrics'],
    [{ url: '/', ...target('GraniteServiceVersion20100801.a-b') }, undefined],
    [{ url: '/', ...target('GraniteServiceVersion20100801.') }, undefined],
    [{ url: '/service/Other/operation/ListMetrics' }, undefined],
    [{ url: '/service/GraniteServiceVersion20100801/operation/List/Metrics' }, undefined],
    [{ url: '/service/GraniteServiceVersion20100801/operation/ListMetrics', method: 'GET' }, undefined],
    [{ url: '/', method: 'GET' }, undefined],
    [{ url: '/?Action=ListMetrics', method: 'PUT' }, undefined],
    [{ url: '/' }, 'Action=ListTopics&Version=2010-03-31'],
    [{ url: '/' }, 'Action=&Version=2010-08-01'],
    [{ url: '/' }, '{"Action":"ListMetrics"}'],
    [{ url: '/traces?Action=ListMetrics' }, undefined],
  ])('is not %j with the form %s', (request, form) => {
    expect(callOf(request, form)).toBeNull();
  });
});

describe('a call that failed', () => {
  const form = 'application/x-www-form-urlencoded; charset=utf-8';
  const failed = (request: { url: string; method?: string; headers?: Record<string, string>; contentType?: string }) => {
    const { contentType = form, ...more } = request;
    return { method: 'POST', headers: {}, rawHeaders: ['Content-Type', contentType], ...more } as unknown as IncomingMessage;
  };

  it.each([{ url: '/' }, { url: '/?Version=2010-08-01' }])('wants XML when it is a form that was not read, %j', (request) => {
    expect(failedCallOf(failed(request))).toEqual({ protocol: 'query', operation: '' });
  });

  it.each([
    { url: '/TraceSummaries' },
    { url: '/no-such-path' },
    { url: '/', method: 'PUT' },
    { url: '/', headers: { 'x-amz-target': 'Logs_20140328.PutLogEvents' } },
    { url: '/', contentType: 'application/json' },
  ])('is none of CloudWatch for %j', (request) => {
    expect(failedCallOf(failed(request))).toBeNull();
  });

  it('is known by what it says once it was read', () => {
    const [ours, other] = [failed({ url: '/' }), failed({ url: '/' })];
    noteForm(ours, Buffer.from('Action=ListMetrics'));
    noteForm(other, Buffer.from('{}'));
    expect([failedCallOf(ours)?.operation, failedCallOf(other)]).toEqual(['ListMetrics', null]);
  });
});
