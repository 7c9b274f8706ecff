import { describe, expect, it } from 'vitest';
import { headersFor, isReserved } from './pages.js';

describe('pages', () => {
  it.each(['/metrics', '/livez', '/healthz', '/socket.io/', '/socket.io', '/service/x/operation/y', '/service', '/api/traces', '/api'])(
    'leave %s to others',
    (path) => {
      expect(isReserved(path)).toBe(true);
    },
  );

  it.each(['/', '/explore', '/traces/1-2-3', '/services', '/metrics-page', '/traces', '/api-keys'])('may use %s', (path) => {
    expect(isReserved(path)).toBe(false);
  });

  it('are asked for again each time, while hashed assets are kept for good', () => {
    expect(headersFor('index.html', 'localhost:2020')['cache-control']).toBe('no-cache');
    expect(headersFor('favicon.svg', 'localhost:2020')['cache-control']).toBe('no-cache');
    expect(headersFor('assets/app-1.js', 'localhost:2020')['cache-control']).toContain('immutable');
  });

  it('may load and connect to nothing but us', () => {
    const policy = headersFor('index.html', 'localhost:2020')['content-security-policy'];
    expect(policy?.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        "connect-src 'self' ws://localhost:2020 wss://localhost:2020",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]),
    );
    expect(policy).not.toContain('unsafe');
  });
});
