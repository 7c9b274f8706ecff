import { describe, expect, it } from 'vitest';
import { defaultWindow, readWindow, type TimeWindow, windowQuery } from './window.js';

function roundTrip(window: TimeWindow): TimeWindow {
  const entries = Object.entries(windowQuery(window)).filter((entry): entry is [string, string] => entry[1] !== null);
  return readWindow(new Map(entries));
}

describe('the window in the address', () => {
  it.each([
    [{ kind: 'live', seconds: 300 }],
    [{ kind: 'live', seconds: 900 }],
    [{ kind: 'live', seconds: 90 }],
    [{ kind: 'live', seconds: 86_400 }],
    [{ kind: 'fixed', from: 1_700_000_000, to: 1_700_000_600 }],
    [{ kind: 'fixed', from: 1_700_000_000.25, to: 1_700_000_000.75 }],
  ] satisfies [TimeWindow][])('keeps %j', (window) => {
    expect(roundTrip(window)).toEqual(window);
  });

  it('leaves the usual window out', () => {
    expect(windowQuery(defaultWindow)).toEqual({ last: null, from: null, to: null });
  });

  it('reads epoch seconds as well as instants', () => {
    const query = new Map([
      ['from', '1700000000'],
      ['to', '2023-11-14T22:23:20Z'],
    ]);
    expect(readWindow(query)).toEqual({ kind: 'fixed', from: 1_700_000_000, to: 1_700_000_600 });
  });

  it.each(['last=0m', 'last=x', 'last=99999h', 'from=1&to=', 'from=2&to=1', 'from=NaN&to=1e999'])('takes the usual one for %s', (text) => {
    expect(readWindow(new Map(new URLSearchParams(text)))).toEqual(defaultWindow);
  });
});
