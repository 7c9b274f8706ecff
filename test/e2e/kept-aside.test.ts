/** A document that the database refuses: the ingest page shows it with the reason, and stores it when it is tried again. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { checkQuality, qualityOptions } from './quality.js';

const soon = { timeout: 30_000 };
const screens = { desktop, phone };
const startSeconds = Math.floor(Date.now() / 1000) - 1;
const poisonous = {
  ...{ trace_id: `1-${startSeconds.toString(16)}-00000000000000000000dead`, id: '000000000000dead', name: 'poisonous' },
  ...{ user: 'poison-marker', start_time: startSeconds, end_time: startSeconds + 0.5 },
};

describe.skipIf(skipped)(`what is kept aside${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    await alter("ADD CONSTRAINT no_poison CHECK position(raw, 'poison-marker') = 0");
    await standalone.sendDocuments([JSON.stringify(poisonous)]);
  });
  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  function alter(query: string): Promise<unknown> {
    return standalone.clickhouse().command({ query: `ALTER TABLE documents ${query}` });
  }

  it.each(['desktop', 'phone'] as const)('is listed with its reason, %s', async (screen) => {
    const visit = await Visit.begin(browser, { baseURL: standalone.httpUrl, viewport: screens[screen], ...qualityOptions });
    await visit.page.goto('/ingest');
    const section = visit.page.getByRole('region', { name: /^Kept aside/ });
    await expect.poll(() => shown(section.getByRole('listitem')), soon).toContain('no_poison');
    await expect.poll(() => shown(section.getByRole('listitem'))).toContain('poison-marker');
    await section.scrollIntoViewIfNeeded();
    await checkQuality(visit, `kept-aside-${screen}`);
    await visit.end();
  });

  it('is stored when it is tried again', async () => {
    const visit = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await visit.page.goto('/ingest');
    const section = visit.page.getByRole('region', { name: /^Kept aside/ });
    await alter('DROP CONSTRAINT no_poison');
    await section.getByRole('button', { name: 'Try all again' }).click();
    await expect.poll(() => shown(section.getByRole('status')), soon).toContain('Put into the log again: 1.');
    await expect.poll(() => standalone.storedDocuments(), soon).toEqual([JSON.stringify(poisonous)]);
    await visit.end();
  });
});
