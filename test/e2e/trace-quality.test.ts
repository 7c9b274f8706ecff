/** Every state of the trace page in both themes and on two screens, and texts that would run, mirror or overflow elsewhere. */
import { visibleText } from '@fluoroscope/format/text';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { brokenTrace, hostileTexts, hostileTrace, openTrace, richTrace } from '../fixtures/trace-documents.js';
import { desktop, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { checkQuality, qualityOptions } from './quality.js';

const screens = { desktop, phone };
const screenNames = ['desktop', 'phone'] as const;
const soon = { timeout: 30_000 };

const startSeconds = Date.now() / 1000 - 120;
const rich = richTrace(11, startSeconds);
const broken = brokenTrace(12, startSeconds);
const hostile = hostileTrace(13, startSeconds);
const open = openTrace(14, Date.now() / 1000 - 2, false);
const failing = rich.documents.find(({ name }) => name === 'api.cards.example')?.id;
const anyRow = 'tr[data-row]';

const states = [
  { state: 'waterfall', path: `/traces/${rich.traceId}?path=1`, ready: anyRow },
  { state: 'details', path: `/traces/${rich.traceId}?row=${failing}`, ready: '#panel-title' },
  { state: 'timeline', path: `/traces/${rich.traceId}?view=timeline&colour=service`, ready: '.timeline canvas' },
  { state: 'raw', path: `/traces/${rich.traceId}?view=raw&row=${failing}`, ready: '.entry' },
  { state: 'found', path: `/traces/${rich.traceId}?q=shop&colour=service&range=100-500`, ready: '.matched' },
  { state: 'broken', path: `/traces/${broken.traceId}`, ready: '.stand-in' },
  { state: 'hostile', path: `/traces/${hostile.traceId}`, ready: anyRow },
  { state: 'progress', path: `/traces/${open.traceId}`, ready: '.bar.progress' },
  { state: 'unknown', path: '/traces/1-00000000-000000000000000000000000', ready: '.empty' },
];

describe.skipIf(skipped)(`the quality of the trace page${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  const visits = new Map<string, Visit>();

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    for (const { documents } of [rich, broken, hostile, open]) {
      const { unprocessed } = await standalone.put(documents.map((document) => JSON.stringify(document)));
      expect(unprocessed).toEqual([]);
    }
    await standalone.settled();
    for (const screen of screenNames) {
      const visit = await Visit.begin(browser, { baseURL: standalone.httpUrl, viewport: screens[screen], ...qualityOptions });
      visit.expected = /404/;
      visits.set(screen, visit);
    }
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  for (const { state, path, ready } of states) {
    it.each(screenNames)(`is kept in the state ${state}, %s`, async (screen) => {
      const visit = visitOf(screen);
      await visit.page.goto(path);
      await visit.page.locator(ready).first().waitFor();
      await checkQuality(visit, `trace-${state}-${screen}`);
    });
  }

  it.each(screenNames)('shows hostile texts as text, and runs none of them, %s', async (screen) => {
    const { page } = visitOf(screen);
    await page.goto(`/traces/${hostile.traceId}`);
    const calls = hostile.documents[0]?.subsegments ?? [];
    expect(calls).toHaveLength(hostileTexts.length);
    for (const [i, { id }] of calls.entries()) {
      await page.goto(`/traces/${hostile.traceId}?row=${id}`);
      const panel = visitOf(screen).panel;
      await panel.getByRole('region', { name: 'Metadata' }).waitFor(soon);
      const text = (await shown(panel)).replace(/\s+/g, '');
      expect(text).toContain(visibleText((hostileTexts[i] ?? '').slice(0, 100)).replace(/\s+/g, ''));
    }
    await page.goto(`/traces/${hostile.traceId}?row=${hostile.documents[0]?.id}`);
    await visitOf(screen).panel.getByText('Linked traces').waitFor();
    expect(await page.locator('a[href^="javascript"], img, main script').count()).toBe(0);
    expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
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
