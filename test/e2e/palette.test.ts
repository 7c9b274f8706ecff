/** The command palette and the keys: everything that can be opened or done, without the mouse, and back to where one was. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { atRest, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { segmentOf, segmentsOf } from './documents.js';
import { checkQuality, qualityOptions } from './quality.js';

const soon = { timeout: 30_000 };
const services = ['orders', 'payments', 'inventory'] as const;
const spellings: ReadonlyArray<[as: string, spelling: (id: string) => string]> = [
  ['an ID', (id) => id],
  ['32 digits', (id) => id.replaceAll('-', '').slice(1)],
  ['a header', (id) => `X-Amzn-Trace-Id: Root=${id};Parent=53995c3f42cd8ad8;Sampled=1`],
  ['an ARN', (id) => `arn:aws:xray:us-east-1:000000000000:trace/${id}`],
  ['a link', (id) => `https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#xray:traces/${id}`],
];

describe.skipIf(skipped)(`the command palette${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;
  let narrow: Visit;
  let traceId = '';

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    const options = { baseURL: standalone.httpUrl, permissions: ['clipboard-read', 'clipboard-write'], ...qualityOptions };
    visit = await Visit.begin(browser, options);
    narrow = await Visit.begin(browser, { ...options, viewport: phone });
    const document = segmentOf({ name: 'orders', status: 200, durationSeconds: 0.1 });
    traceId = JSON.parse(document).trace_id;
    await standalone.sendDocuments([document, ...services.flatMap((name) => segmentsOf(name, [200, 500]))]);
    await visit.page.goto('/');
    for (const name of services) await visit.node(name).waitFor(soon);
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  const palette = () => visit.page.getByRole('dialog', { name: 'Command palette' });
  const field = () => palette().getByRole('combobox');
  const options = () => palette().getByRole('option');

  async function openPalette(): Promise<void> {
    await visit.page.keyboard.press('Control+k');
    await field().waitFor();
  }

  it('opens with Ctrl K, Esc empties it and then closes it, and the focus goes back', async () => {
    const opener = visit.page.locator('button[title="Table (T)"]');
    await opener.focus();
    await openPalette();
    await visit.page.keyboard.type('pay');
    await visit.page.keyboard.press('Escape');
    expect(await field().inputValue()).toBe('');
    await visit.page.keyboard.press('Escape');
    await palette().waitFor({ state: 'hidden' });
    expect(await opener.evaluate((button) => button === document.activeElement)).toBe(true);
  });

  it('finds a service by the start of its name, says how many it found, and opens it', async () => {
    await openPalette();
    await visit.page.keyboard.type('pay');
    await expect.poll(() => shown(options().first())).toMatch(/^payments\n/);
    const said = async () => (await shown(palette().getByRole('status'))) === `${await options().count()} results`;
    await expect.poll(said).toBe(true);
    await visit.page.keyboard.press('Enter');
    await expect.poll(() => visit.panelTitle, soon).toBe('payments');
  });

  it('lists the same for the same words while traffic comes', async () => {
    await openPalette();
    await visit.page.keyboard.type('o');
    const before = await atRest(() => options().allInnerTexts());
    await standalone.sendDocuments([...segmentsOf('inventory', Array(50).fill(200)), ...segmentsOf('oracle', [200])]);
    await visit.node('oracle').waitFor({ state: 'attached' });
    expect(await options().allInnerTexts()).toEqual(before);
    expect(before.join()).not.toContain('oracle');
    await visit.page.keyboard.press('Control+k');
    await palette().waitFor({ state: 'hidden' });
  });

  it.each(spellings)('opens a trace pasted as %s', async (_, spelling) => {
    await visit.page.goto('/traces');
    await visit.page.getByRole('heading', { level: 1, name: 'Traces' }).waitFor();
    await openPalette();
    await visit.page.evaluate((text) => navigator.clipboard.writeText(text), spelling(traceId));
    await visit.page.keyboard.press('Control+v');
    await expect.poll(() => shown(options().first()), soon).toContain(traceId);
    await visit.page.keyboard.press('Enter');
    await expect.poll(() => new URL(visit.page.url()).pathname, soon).toBe(`/traces/${traceId}`);
  });

  it('acts: theme, zone, and whatever the page can do', async () => {
    await visit.page.goto('/?view=map');
    await visit.node('orders').waitFor();
    await openPalette();
    await visit.page.keyboard.type('theme: dark');
    await visit.page.keyboard.press('Enter');
    await expect.poll(() => visit.page.evaluate(() => document.documentElement.dataset.theme), soon).toBe('dark');
    await openPalette();
    await visit.page.keyboard.type('theme: system');
    await visit.page.keyboard.press('Enter');
    await visit.page.getByRole('main').focus();
    await visit.page.keyboard.press('.');
    const actions = visit.page.getByRole('dialog', { name: 'Actions' });
    await actions.getByRole('option', { name: 'Tidy the map' }).click();
    await actions.waitFor({ state: 'hidden' });
  });

  it('copies with C an address that shows the same: window, selection and all', async () => {
    await visit.page.goto('/?view=map');
    await visit.node('payments').click();
    await visit.page.getByRole('main').focus();
    await visit.page.keyboard.press('c');
    await visit.page.getByText('The link is copied').waitFor();
    const copied = new URL(await visit.page.evaluate(() => navigator.clipboard.readText()));
    expect([...copied.searchParams.keys()].sort()).toEqual(['from', 'node', 'to', 'view']);
    await standalone.settled();
    await visit.page.goto(copied.href);
    await expect.poll(() => visit.panelTitle, soon).toBe('payments');
    await expect.poll(() => shown(visit.liveButton), soon).toBe('Back to live');
  });

  it('closes the details with ] and opens them again', async () => {
    await visit.page.goto('/?view=map');
    await visit.node('payments').click();
    await visit.page.getByRole('main').focus();
    await visit.page.keyboard.press(']');
    await visit.panel.waitFor({ state: 'hidden' });
    await visit.page.keyboard.press(']');
    await expect.poll(() => visit.panelTitle, soon).toBe('payments');
  });

  it('lets single keys be switched off, and Ctrl K stay', async () => {
    await visit.page.goto('/?view=map');
    await visit.node('payments').waitFor();
    await visit.page.keyboard.press('?');
    const keys = visit.page.getByRole('dialog', { name: 'Keys' });
    await keys.getByRole('checkbox').uncheck();
    await visit.page.keyboard.press('Escape');
    await keys.waitFor({ state: 'hidden' });
    await visit.page.getByRole('main').focus();
    await visit.page.keyboard.press('?');
    await visit.page.keyboard.press('t');
    expect(await keys.count()).toBe(0);
    await openPalette();
    await visit.page.keyboard.type('whether single');
    await visit.page.keyboard.press('Enter');
    await keys.getByRole('checkbox').check();
    await visit.page.keyboard.press('Escape');
  });

  it('keeps its quality, empty and with results, on both screens', async () => {
    for (const [screen, look] of [
      ['desktop', visit],
      ['phone', narrow],
    ] as const) {
      for (const query of ['', 'or']) {
        await look.page.goto('/?view=table');
        await look.page.locator('[data-row]').first().waitFor();
        await look.page.getByRole('banner').getByRole('button', { name: 'Go to…' }).click();
        await look.page.getByRole('dialog').getByRole('combobox').fill(query);
        await checkQuality(look, `palette${query === '' ? '' : '-results'}-${screen}`);
      }
    }
  });

  it('wrote no error to the console', () => expect([...visit.problems, ...narrow.problems]).toEqual([]));
});
