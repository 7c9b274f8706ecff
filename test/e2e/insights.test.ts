/**
 * An incident in a browser: planted into traces that come in over UDP, found by itself, and told in words and pictures. The traces
 * are of the last hour by their own times, so that what is expected need not be waited for.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { shopRequest } from '../fixtures/incident.js';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { checkQuality, qualityOptions } from './quality.js';

const soon = { timeout: 100_000 };
/** An hour of traffic is sent and stored, and what is wrong with it found. */
const plantMs = 300_000;
const screens = { desktop, phone };
const screenNames = ['desktop', 'phone'] as const;
const incidentSeconds = 180;

describe.skipIf(skipped)(`the page of insights${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl, reducedMotion: 'reduce', ...qualityOptions });
    page = visit.page;
  });
  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it.each(screenNames)('is quiet where nothing is wrong, %s', async (screen) => {
    await page.setViewportSize(screens[screen]);
    await page.goto('/insights');
    await page.getByRole('heading', { name: 'Nothing out of the ordinary' }).waitFor();
    await checkQuality(visit, `insights-quiet-${screen}`);
  });

  it('shows an incident by itself, with its root cause, and marks it on every page', { timeout: plantMs }, async () => {
    await page.setViewportSize(desktop);
    await page.goto('/insights');
    const chance = new Chance(3);
    let untilSeconds = await plantUsual(standalone, chance);
    // It goes on until it is shown, however long that takes: what is over for two minutes is no incident any more.
    const failAndLook = async () => {
      const fromSeconds = untilSeconds;
      untilSeconds = Date.now() / 1_000 - 1;
      await standalone.sendDocuments(failing(fromSeconds, untilSeconds, chance));
      return shown(page.locator('[data-insight]'));
    };
    await expect.poll(failAndLook, { ...soon, interval: 1_000 }).toContain('Open');
    expect(await page.locator('[data-insight]').count()).toBe(1);
    const row = await shown(page.locator('[data-insight]'));
    expect(row).toContain('payments');
    expect(row).toMatch(/\d+ of \d+ client requests/);
    expect(row).toMatch(/%\s+of its requests, .*% expected/);
    await page.getByRole('link', { name: 'Map', exact: true }).click();
    await page.getByRole('link', { name: /^Insights.*1 open/ }).click();
    await page.locator('[data-insight]').click();
    await page.getByRole('heading', { name: 'payments fails more than expected' }).waitFor();
  });

  it('says whom it hits, since when, and on which way', async () => {
    const main = page.getByRole('main');
    await expect.poll(() => shown(main)).toMatch(/\d+ of \d+ client requests failed\./);
    await expect.poll(() => shown(main)).toContain('where hardly any was to be expected');
    const onPath = ['Clients', 'front', 'payments', 'root cause'];
    const path = async () => (await shown(page.getByRole('region', { name: 'Root cause' }))).split('\n');
    await expect.poll(async () => (await path()).filter((line) => onPath.includes(line))).toEqual(onPath);
    await expect.poll(() => shown(page.getByRole('region', { name: 'Timeline' }))).toContain('fail more than expected.');
    for (const name of ['payments', 'front'])
      await page.getByRole('img', { name: new RegExp(`Share of faults of ${name} .* during the incident`) }).waitFor();
    await page.getByRole('button', { name: 'Table' }).click();
    await page.getByRole('region', { name: 'Faults minute by minute' }).getByRole('row').nth(3).waitFor();
    await page.getByRole('button', { name: 'Table' }).click();
  });

  it('says what the traces that failed have and the others have not, and draws the services concerned', async () => {
    const differs = page.getByRole('region', { name: 'What differs' });
    await expect.poll(() => shown(differs), soon).toMatch(/Of \d+ traces that failed here and \d+ that did not/);
    await expect.poll(() => differs.getByRole('row', { name: /tenant\s+planted/ }).count()).toBe(1);
    const map = page.getByRole('group', { name: 'Map of the services concerned' });
    for (const name of [/^payments root cause · .* failed$/, /^front/, /^Clients$/]) await map.getByRole('link', { name }).waitFor();
  });

  it('leads to the traces and the map of its time, and back', async () => {
    const address = page.url();
    await page.getByRole('link', { name: 'All that failed' }).click();
    await page.waitForURL(/\/traces\?.*from=\d+.*service=payments/);
    await page
      .getByRole('row', { name: /orders/ })
      .first()
      .waitFor(soon);
    await page.goBack();
    await page
      .getByRole('region', { name: 'Traces that failed' })
      .getByRole('link', { name: /orders/ })
      .first()
      .click();
    await page.waitForURL(/\/traces\/1-/);
    await page.goBack();
    await page.getByRole('link', { name: 'Map of that time' }).click();
    await expect.poll(() => visit.panelTitle, soon).toContain('payments');
    await page.goto(address);
    await page.getByRole('heading', { name: 'payments fails more than expected' }).waitFor();
  });

  it.each(screenNames)('keeps its quality with an incident, %s', async (screen) => {
    const address = page.url();
    await page.setViewportSize(screens[screen]);
    await page.goto('/insights');
    await page.locator('[data-insight]').first().waitFor(soon);
    await checkQuality(visit, `insights-list-${screen}`);
    await page.goto(address);
    await page.getByRole('img', { name: /^Client requests/ }).waitFor();
    await page
      .getByRole('region', { name: 'Traces that failed' })
      .getByRole('link', { name: /orders/ })
      .first()
      .waitFor();
    await page.getByRole('region', { name: 'What differs' }).getByRole('table').waitFor();
    await checkQuality(visit, `insights-detail-${screen}`);
    await page.goto(address);
  });

  it('says so where there is no such insight', async () => {
    visit.expected = /404/;
    await page.goto('/insights?insight=none');
    await page.getByText('The insight could not be read').waitFor();
    visit.expected = null;
  });

  it('wrote no error to the console', () => {
    expect(visit.problems).toEqual([]);
  });
});

/** What is usual, every five minutes: fewer slices are sooner stored. Returns the second in which the incident begins. */
async function plantUsual(standalone: Standalone, chance: Chance): Promise<number> {
  const begin = Math.floor(Date.now() / 10_000) * 10 - incidentSeconds;
  const usual: string[] = [];
  for (let at = begin - 3_000; at < begin; at += 300)
    for (let n = 0; n < 150; n++) usual.push(...shopRequest({ at: at + n / 16, chance, isFailing: chance.hit(0.005) }));
  await standalone.sendDocuments(usual);
  const range = { node: 'front', period: '60', from: String(begin - 3_600), to: String(begin) };
  const stored = async () => {
    const { points } = await (await fetch(`${standalone.httpUrl}/api/graph/series?${new URLSearchParams(range)}`)).json();
    return points.reduce((sum: number, [, [ok, , , fault]]: [number, number[]]) => sum + (ok ?? 0) + (fault ?? 0), 0);
  };
  await expect.poll(stored, soon).toBe(usual.length / 2);
  return begin;
}

/** A request every two seconds; payments fails in most of them. */
function failing(fromSeconds: number, untilSeconds: number, chance: Chance): string[] {
  const texts: string[] = [];
  for (let at = fromSeconds; at < untilSeconds; at += 2) {
    const isFailing = chance.hit(0.8);
    texts.push(...shopRequest({ at, chance, isFailing, tenant: isFailing ? 'planted' : 'all' }));
  }
  return texts;
}
