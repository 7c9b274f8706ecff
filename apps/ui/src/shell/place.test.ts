import { describe, expect, it } from 'vitest';
import { readPlace, tracePath, writePlace } from './place.js';

describe('a place', () => {
  it.each([
    ['/', 'map'],
    ['/traces', 'traces'],
    ['/traces/', 'traces'],
    ['/sampling', 'sampling'],
    ['/ingest', 'ingest'],
    ['/traces/1-581cf771-a006649127e371903a2de979', 'trace'],
    ['/traces/a/b', 'unknown'],
    ['/traces/%E0%A4%A', 'unknown'],
    ['/nothing', 'unknown'],
    ['//evil.example/', 'unknown'],
  ])('%s is the page %s', (pathname, page) => {
    expect(readPlace({ pathname, search: '' }).page).toBe(page);
  });

  it('is the style guide where the query asks for it', () => {
    expect(readPlace({ pathname: '/', search: '?styleguide' }).page).toBe('styleguide');
    expect(readPlace({ pathname: '/', search: '?q=styleguide' }).page).toBe('map');
  });

  it('keeps any trace ID through its address', () => {
    for (const traceId of ['1-581cf771-a006649127e371903a2de979', 'a b', '%2F?#', '🦊', '<script>'])
      expect(readPlace({ pathname: tracePath(traceId), search: '' }).traceId).toBe(traceId);
  });

  it('is written as it was read', () => {
    const search = '?node=a%7CAWS%3A%3ALambda&q=caf%C3%A9+%26+tea';
    expect(writePlace(readPlace({ pathname: '/', search }))).toBe(`/${search}`);
  });
});
