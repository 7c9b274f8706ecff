import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTyped } from './typed-window.js';

const nowMs = Date.parse('2026-11-21T14:40:00Z');
const reading = { nowMs, zone: 'utc', spanSeconds: 300 } as const;

function range(from: string, to: string) {
  return { window: { kind: 'fixed', from: Date.parse(from) / 1_000, to: Date.parse(to) / 1_000 } };
}

describe('a typed window', () => {
  it.each([
    ['last 20m', 1_200],
    ['20m', 1_200],
    ['20 min', 1_200],
    ['Last 15 minutes', 900],
    ['past hour', 3_600],
    ['the last 2 hours', 7_200],
    ['1h 30m', 5_400],
    ['1h30m', 5_400],
    ['1 hour and 30 minutes', 5_400],
    ['1.5h', 5_400],
    ['90s', 90],
    ['2d', 172_800],
    ['last week', 604_800],
    ['live', 300],
  ])('"%s" follows now', (text, seconds) => {
    expect(readTyped(text, reading)).toEqual({ window: { kind: 'live', seconds } });
  });

  it.each([
    ['14:00-14:30', '2026-11-21T14:00:00Z', '2026-11-21T14:30:00Z'],
    ['14:00 – 14:30', '2026-11-21T14:00:00Z', '2026-11-21T14:30:00Z'],
    ['14:00 to 14:30', '2026-11-21T14:00:00Z', '2026-11-21T14:30:00Z'],
    ['9:00-9:00:30.5', '2026-11-21T09:00:00Z', '2026-11-21T09:00:30.5Z'],
    ['14:30 - now', '2026-11-21T14:30:00Z', '2026-11-21T14:40:00Z'],
    ['2pm-2:30pm', '2026-11-21T14:00:00Z', '2026-11-21T14:30:00Z'],
    ['12am-12:10 am', '2026-11-21T00:00:00Z', '2026-11-21T00:10:00Z'],
    ['23:50-00:10', '2026-11-20T23:50:00Z', '2026-11-21T00:10:00Z'],
    ['15:00-15:30', '2026-11-20T15:00:00Z', '2026-11-20T15:30:00Z'],
    ['yesterday 9:00 - 9:15', '2026-11-20T09:00:00Z', '2026-11-20T09:15:00Z'],
    ['today 9:00-9:15', '2026-11-21T09:00:00Z', '2026-11-21T09:15:00Z'],
    ['Nov 20 14:00-14:30', '2026-11-20T14:00:00Z', '2026-11-20T14:30:00Z'],
    ['20 November 2025, 14:00 - 14:30', '2025-11-20T14:00:00Z', '2025-11-20T14:30:00Z'],
    ['Nov 20 23:50 - Nov 21 00:10', '2026-11-20T23:50:00Z', '2026-11-21T00:10:00Z'],
    ['2026-11-20 14:00-14:30', '2026-11-20T14:00:00Z', '2026-11-20T14:30:00Z'],
    ['2026-11-20T14:00:00Z/2026-11-20T14:30:00Z', '2026-11-20T14:00:00Z', '2026-11-20T14:30:00Z'],
    ['2026-11-20T14:00:00+02:00 to 2026-11-20T14:30:00.250+02:00', '2026-11-20T12:00:00Z', '2026-11-20T12:30:00.250Z'],
    ['2026-11-20T14:00..2026-11-20T14:30', '2026-11-20T14:00:00Z', '2026-11-20T14:30:00Z'],
    ['2026-11-20 to 2026-11-21', '2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z'],
    ['1763640000-1763641800', '2025-11-20T12:00:00Z', '2025-11-20T12:30:00Z'],
    ['14:05', '2026-11-21T14:00:00Z', '2026-11-21T14:05:00Z'],
    ['10m ago', '2026-11-21T14:25:00Z', '2026-11-21T14:30:00Z'],
    ['2026-11-20T14:30:00Z', '2026-11-20T14:25:00Z', '2026-11-20T14:30:00Z'],
  ])('"%s" is a range', (text, from, to) => {
    expect(readTyped(text, reading)).toEqual(range(from, to));
  });

  it.each([
    ['', /Type a range/],
    ['lunch', /Not understood/],
    ['14', /Not understood/],
    ['25:00-26:00', /Not understood/],
    ['14:00-14:30-15:00', /Not understood/],
    ['Nov 20 14:00 - Nov 19 14:00', /before it begins/],
    ['2027-01-01T00:00Z/2027-01-02T00:00Z', /future/],
    ['1s', /at least/],
    ['500d', /at most/],
    ['2020-01-01 to now', /at most/],
  ])('"%s" is refused with a sentence', (text, trouble) => {
    expect(readTyped(text, reading)).toEqual({ trouble: expect.stringMatching(trouble) });
  });

  it('reads clock times in the zone of the reader', () => {
    const local = new Date(2026, 10, 20, 14, 0).getTime() / 1_000;
    const typed = readTyped('2026-11-20 14:00-14:30', { ...reading, zone: 'local' });
    expect(typed).toEqual({ window: { kind: 'fixed', from: local, to: local + 1_800 } });
  });

  it('never throws, and a range it gives has a beginning before its end', () => {
    const words = fc.constantFrom(
      'last',
      '14:00',
      '-',
      ' ',
      '2026-11-20',
      't',
      'z',
      'pm',
      'ago',
      '/',
      '..',
      'now',
      'nov',
      '99',
      ':',
      '1763640000',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 8 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const typed = readTyped(text, reading);
        if ('window' in typed && typed.window.kind === 'fixed') expect(typed.window.from).toBeLessThan(typed.window.to);
      }),
    );
  });
});
