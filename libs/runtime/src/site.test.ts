import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { allowedHostsOf, refusalOf } from './site.js';

const allowed = allowedHostsOf(['127.0.0.1', '::1', '10.0.0.5'], ['Trace.Example', 'fd00::7']);

describe('a request', () => {
  it.each([
    'localhost',
    '127.0.0.1:2020',
    '[::1]',
    '[::1]:2020',
    '10.0.0.5:80',
    'trace.example',
    'TRACE.example:443',
    '[fd00::7]:1',
    '192.168.1.9:2020',
  ])('to %s is for us', (host) => {
    expect(refusalOf(request({ host }), allowed)).toBeNull();
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil.example:2020',
    '127.0.0.2',
    '[::2]',
    'localhost:x',
    'a@localhost',
    'localhost/x',
    '',
    '::1',
  ])('to %j is not', (host) => {
    expect(refusalOf(request({ host }), allowed)).toContain('FLUOROSCOPE_ALLOWED_HOSTS');
  });

  it('without a host is not for us', () => {
    expect(refusalOf(request({}), allowed)).not.toBeNull();
  });

  it.each([
    ['localhost:2020', 'http://localhost:2020'],
    ['trace.example', 'https://trace.example'],
    ['trace.example:443', 'https://trace.example'],
    ['[::1]:2020', 'http://[::1]:2020'],
  ])('to %s from the page of %s is one of our own pages', (host, origin) => {
    expect(refusalOf(request({ host, origin }), allowed)).toBeNull();
  });

  it.each([
    'http://localhost',
    'http://localhost:2021',
    'http://evil.example',
    'null',
    '',
    'file://',
    'localhost:2020',
    'http://localhost:2020.evil.example',
  ])('to localhost:2020 from the page of %j is another site', (origin) => {
    expect(refusalOf(request({ host: 'localhost:2020', origin }), allowed)).toBe('Origin is another site');
  });
});

function request(headers: { host?: string; origin?: string }): IncomingMessage {
  return { headers, socket: { localAddress: '::ffff:192.168.1.9' } } as IncomingMessage;
}
