/** Every state of the trace list in both themes and on two screens. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, phone, skipped, startChromium, unless, Visit } from './chromium.js';
import { openSegment, segmentOf, segmentsOf } from './documents.js';
import { checkQuality, qualityOptions } from './quality.js';

const screens = { desktop, phone };
const screenNames = ['desktop', 'phone'] as const;
const anyRow = '[data-trace]';
/** HTML, a mark that turns the direction round, and no end. */
const hostileUrls = [
  'javascript:alert(1)',
  'http://x/<img src=x onerror=alert(1)>',
  'http://x/\u202Egnp.exe',
  `http://x/${'a'.repeat(2_000)}`,
];

const states = [
  { state: 'rows', path: '/traces', ready: anyRow },
  { state: 'facets', path: '/traces?facets=shown&where=outcome:ok~-status:404&min=1', ready: anyRow },
  { state: 'columns', path: '/traces?columns=services~status~documents~traceId&sort=-duration', ready: anyRow },
  { state: 'strip', path: '/traces?strip=table', ready: 'section table' },
  { state: 'no-match', path: '/traces?q=nothing', ready: '.empty' },
  { state: 'no-traces', path: '/traces?from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z', ready: '.empty' },
];

describe.skipIf(skipped)(`the quality of the trace list${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  const visits = new Map<string, Visit>();

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    for (const screen of screenNames)
      visits.set(screen, await Visit.begin(browser, { baseURL: standalone.httpUrl, viewport: screens[screen], ...qualityOptions }));
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it.each(screenNames)('is kept before any data, %s', async (screen) => {
    const visit = visitOf(screen);
    await visit.page.goto('/traces');
    await visit.page.getByRole('heading', { name: 'Waiting for the first segment' }).waitFor();
    await checkQuality(visit, `list-first-${screen}`);
  });

  it('has traces to show', async () => {
    const hostile = hostileUrls.map((url) => segmentOf({ name: 'hostile', status: 200, durationSeconds: 0.2, url }));
    const several = segmentsOf('shop', [200, 200, 404, 429, 500, 200, 503, 200], 1.4);
    const { unprocessed } = await standalone.put([...several, ...hostile, openSegment('open', 200).open]);
    expect(unprocessed).toEqual([]);
    await standalone.settled();
  });

  for (const { state, path, ready } of states) {
    it.each(screenNames)(`is kept in the state ${state}, %s`, async (screen) => {
      const visit = visitOf(screen);
      await visit.page.goto(path);
      await visit.page.locator(ready).first().waitFor();
      await checkQuality(visit, `list-${state}-${screen}`);
    });
  }

  it.each(screenNames)('is kept with two traces compared, %s', async (screen) => {
    const visit = visitOf(screen);
    await visit.page.goto('/traces');
    await visit.page.locator(anyRow).nth(1).waitFor();
    const ids = await visit.page.locator(anyRow).evaluateAll((rows) => rows.slice(0, 2).map((row) => row.getAttribute('data-trace')));
    await visit.page.goto(`/traces?pick=${ids.join('~')}&compare=1`);
    await visit.page
      .getByRole('dialog')
      .getByRole('row', { name: /^Outcome/ })
      .waitFor();
    await checkQuality(visit, `list-compare-${screen}`);
  });

  it('is kept with the filters open, phone', async () => {
    const visit = visitOf('phone');
    await visit.page.goto('/traces');
    await visit.page.locator(anyRow).first().waitFor();
    await visit.page.getByRole('button', { name: 'Filters' }).click();
    await visit.page.getByRole('dialog').waitFor();
    await checkQuality(visit, 'list-filters-phone');
  });

  it.each(screenNames)('is kept when the traces cannot be read, %s', async (screen) => {
    const visit = visitOf(screen);
    visit.expected = /503/;
    await visit.page.route('**/api/traces?**', (route) =>
      route.fulfill({ status: 503, json: { message: 'Storage does not answer.', code: 'storage_unavailable' } }),
    );
    await visit.page.goto('/traces');
    await visit.page.getByRole('alert').waitFor();
    await checkQuality(visit, `list-error-${screen}`);
  });

  it('wrote no error to the console', () => {
    expect([...visits.values()].flatMap(({ problems }) => problems)).toEqual([]);
  });

  function visitOf(screen: string): Visit {
    const visit = visits.get(screen);
    if (visit === undefined) throw new Error(`no visit for ${screen}`);
    return visit;
  }
});
