import { describeFilter } from '@fluoroscope/xray/filter/complete';
import { describe, expect, it } from 'vitest';
import { choicesFor, keyChoices } from './filter-choices.js';
import { rowOf } from './row-fixture.js';

const checkout = { name: 'checkout', type: 'AWS::ECS::Container', accountId: '' };
const rows = [
  rowOf(1, { annotations: { tier: 'gold', 'a.b': 1 } }),
  rowOf(2, { annotations: { tier: 'gold' }, services: [rowOf(1).entry, checkout], status: 404 }),
  rowOf(3, { annotations: { tier: 'sil"ver' } }),
];
/** The caret is at the end. */
const choices = (text: string) =>
  choicesFor(describeFilter(text, text.length).completion, rows, ['slow', 'fast']).map((choice) => choice.text);

describe('at the caret may stand', () => {
  it.each([
    ['fau', ['fault ']],
    ['serv', ['service(']],
    ['rootcause.fault.s', ['rootcause.fault.service { ']],
    ['service(', ['"shop"', '"checkout"', 'id(']],
    ['service("che', ['"checkout"']],
    ['service(che', ['"checkout"']],
    ['annotation.tier = ', ['"gold"', '"sil\\"ver"']],
    ['http.status = ', ['200', '404']],
    ['http.method = "', ['"GET"']],
    ['group.name = ', ['"slow"', '"fast"']],
    ['ok = t', ['true']],
  ])('behind %s: %j', (text, expected) => {
    expect(choices(text)).toEqual(expected);
  });

  it('keys of annotations that traces have, those of most traces first', () => {
    expect(keyChoices(rows, '')).toEqual([
      { text: 'tier', note: '3 traces' },
      { text: 'a.b', note: '1 trace' },
    ]);
    expect(keyChoices(rows, 'A').map(({ text }) => text)).toEqual(['a.b']);
  });
});
