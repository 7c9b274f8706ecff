import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { match } from './match.js';
import { type Group, type Item, resultsFor } from './results.js';

const item = (label: string, note?: string): Item => ({ id: label, label, ...(note ? { note } : {}), icon: 'map', does: () => {} });
const most = { before: 2, after: 3 };
const services: Group = {
  title: 'Services',
  items: ['orders', 'payments', 'order-events', 'pay-reports'].map((name) => item(name, 'Lambda')),
  most,
};
const actions: Group = { title: 'Actions', items: [item('Pause and resume'), item('Change the theme'), item('Back to live')], most };

const labels = (query: string) =>
  resultsFor([services, actions], query).map(({ title, results }) => [title, ...results.map((one) => one.item.label)]);

describe('what was typed', () => {
  it('is worth more at the start of the text, then of a word, then inside, then scattered', () => {
    const scores = ['payments', 'the-payments', 'repay', 'p a y'].map((text) => match(text, 'pay')?.score);
    expect(scores).toEqual([...scores].sort((left = 0, right = 0) => right - left));
    expect(new Set(scores).size).toBe(4);
    expect(match('orders', 'pay')).toBeNull();
  });

  it('has to be found word for word, in any case and order', () => {
    expect(match('Change the theme', 'THEME cha')?.at).toEqual([0, 1, 2, 11, 12, 13, 14, 15]);
    expect(match('Change the theme', 'theme dark')).toBeNull();
  });

  it('is marked by letters that are there', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, query) => {
        const found = match(text, query);
        for (const at of found?.at ?? []) expect(query.toLowerCase()).toContain(text.toLowerCase().charAt(at));
      }),
    );
  });
});

describe('the results', () => {
  it('are the first of each group before anything is typed', () => {
    expect(labels('')).toEqual([
      ['Services', 'orders', 'payments'],
      ['Actions', 'Pause and resume', 'Change the theme'],
    ]);
  });

  it('put the group with the best match first, and say how many there are', () => {
    expect(labels('paus')).toEqual([['Actions', 'Pause and resume']]);
    expect(labels('the')[0]?.[0]).toBe('Actions');
    expect(resultsFor([services], 'lambda')[0]).toMatchObject({ found: 4, results: { length: 3 } });
  });

  it('find what stands beside the name, behind what has it in the name', () => {
    const group: Group = { title: 'Services', items: [item('orders', 'Lambda'), item('lambda-proxy', 'EC2')], most };
    expect(resultsFor([group], 'lambda')[0]?.results.map((one) => one.item.label)).toEqual(['lambda-proxy', 'orders']);
  });

  it('are the same for the same words', () => {
    fc.assert(
      fc.property(fc.string(), (query) => {
        expect(labels(query)).toEqual(labels(query));
      }),
    );
  });
});
