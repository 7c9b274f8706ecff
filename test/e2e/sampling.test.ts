/** Sampling rules in a browser: made, changed and deleted in place, tested and forecast before, and never behind what others do. */
import type { SamplingRule, SamplingRuleUpdate, SamplingView } from '@fluoroscope/contract/sampling';
import { defaultSamplingRule } from '@fluoroscope/xray/sampling-rules';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { segmentsOf } from './documents.js';
import { checkQuality, qualityOptions } from './quality.js';

const soon = { timeout: 30_000 };
const screens = { desktop, phone };
const screenNames = ['desktop', 'phone'] as const;
const orders: SamplingRule = {
  ...defaultSamplingRule,
  name: 'orders',
  priority: 10,
  reservoirSize: 5,
  fixedRate: 0.1,
  urlPath: '/orders/*',
};
const health: SamplingRule = { ...defaultSamplingRule, name: 'health', priority: 5, reservoirSize: 0, fixedRate: 0, urlPath: '/health' };

describe.skipIf(skipped)(`the page of sampling rules${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl, reducedMotion: 'reduce', ...qualityOptions });
    page = visit.page;
  });
  beforeEach(async () => {
    for (const { rule } of (await view()).rules) if (rule.name !== 'Default') await call('DELETE', `/${rule.name}`);
    for (const rule of [orders, health]) await call('POST', '', { rule });
  });
  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it('makes a rule by keyboard alone, and says at the field what is wrong with it', async () => {
    await page.goto('/sampling');
    await row('Default').waitFor();
    await page.keyboard.press('a');
    await page.keyboard.type('orders');
    await field('Priority').focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('0');
    expect(await noteOf('Priority')).toContain('1 to 9999');
    await page.keyboard.press('Enter');
    expect(await field('Priority').evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.type('7');
    visit.expected = /409/;
    await page.keyboard.press('Enter');
    await expect.poll(() => noteOf('Name'), soon).toContain('already exists');
    await expect.poll(() => field('Name').evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.type('-new');
    await page.keyboard.press('Enter');
    await row('orders-new').waitFor();
    visit.expected = null;
    await expect.poll(async () => (await saved('orders-new'))?.priority).toBe(7);
    await expect.poll(names).toEqual(['health', 'orders-new', 'orders', 'Default']);
  });

  it('shows what somebody else changes, and keeps what is being written', async () => {
    await page.goto('/sampling?rule=orders');
    await field('Reservoir').fill('9');
    await change('orders', { fixedRate: 0.25, reservoirSize: 3 });
    await expect.poll(() => shown(row('orders')), soon).toContain('first 3 a second, then 25 %');
    expect(await field('Rate').inputValue()).toBe('25');
    expect(await field('Reservoir').inputValue()).toBe('9');
    expect(await noteOf('Reservoir')).toBe('Somebody has set it to 3 meanwhile');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(() => shown(row('orders')), soon).toContain('first 9 a second, then 25 %');
    await expect.poll(() => saved('orders')).toMatchObject({ reservoirSize: 9, fixedRate: 0.25 });
    await call('DELETE', '/orders');
    await expect.poll(names, soon).toEqual(['health', 'Default']);
    await page.getByText('There is no rule orders').waitFor();
  });

  it('forecasts what would be sampled, before it is saved', async () => {
    await page.goto('/sampling?rule=orders');
    await page.getByLabel('At', { exact: true }).fill('105');
    expect(await forecast()).toMatch(/As saved\s+15\/s\s*14 %\s+As edited\s+15\/s/);
    await field('Reservoir').fill('55');
    await field('Rate').fill('50');
    expect(await forecast()).toMatch(/As saved\s+15\/s[\s\S]+As edited\s+80\/s\s*76 %/);
    expect((await saved('orders'))?.reservoirSize).toBe(5);
    await page.getByRole('button', { name: 'Discard' }).click();
    expect(await field('Reservoir').inputValue()).toBe('5');
  });

  // What samplers report is old after some seconds: on a machine that stands still for so long it is reported once more.
  let attempt = 0;
  it('shows who uses a rule, and how much', { retry: 2 }, async () => {
    const name = `used-${attempt++}`;
    await call('POST', '', { rule: { ...orders, name } });
    await page.goto(`/sampling?rule=${name}`);
    await row(name).waitFor();
    await report(name, { a: [300, 120, 0], b: [100, 20, 10] });
    await expect.poll(() => cells(name)).toEqual(['10', '40/s', '14/s', '1.0/s', '38 %']);
    const clients = page.getByRole('region', { name: `Clients of ${name}` }).locator('tbody tr');
    expect(await clients.count()).toBe(2);
    expect(await shown(clients.first())).toMatch(/^a+\s+30\/s\s+12\/s\s+0\/s\s+40 %/);
    expect(await page.getByLabel('At', { exact: true }).inputValue()).toBe('40');
    expect(await cells('health')).toEqual(['5', '–', '–', '–', '–']);
  });

  it('tells which rule would decide about a request and why no earlier one, also of a rule that is not saved', async () => {
    await page.goto('/sampling');
    await row('orders').waitFor();
    const tester = page.getByRole('complementary', { name: 'Tester' });
    await tester.getByLabel('Path').fill('/orders/7');
    await expect.poll(() => shown(tester.getByRole('listitem').first())).toContain('path “/orders/7” is not “/health”');
    expect(await shown(tester.getByRole('listitem').last())).toMatch(/orders decides\s+first 5 a second, then 10 %/);
    expect(await shown(tester)).toContain('Not asked any more: Default.');
    await page.reload();
    await expect.poll(() => shown(row('orders')), soon).toContain('decides');
    await row('health').getByRole('button', { expanded: false }).click();
    await field('URL path').fill('/ord*');
    await expect.poll(() => shown(tester.getByRole('listitem'))).toContain('health decides');
    expect(await shown(page.getByRole('form', { name: 'Edit health' }))).toContain('Samples nothing');
  });

  it('leaves of the Default rule its reservoir and rate, and brings back what was deleted', async () => {
    await page.goto('/sampling?rule=Default');
    const form = page.getByRole('form', { name: 'Edit Default' });
    await form.waitFor();
    expect(await form.locator('.field').count()).toBe(2);
    expect(await form.getByRole('button', { name: 'Delete' }).count()).toBe(0);
    await field('Rate').fill('7');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await saved('Default'))?.fixedRate, soon).toBe(0.07);
    await change('Default', { fixedRate: 0.05 });
    await page.goto('/sampling?rule=orders');
    await page.getByRole('button', { name: 'Delete the rule' }).click();
    await expect.poll(names, soon).toEqual(['health', 'Default']);
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('undo');
    await page.keyboard.press('Enter');
    await expect.poll(names, soon).toEqual(['health', 'orders', 'Default']);
    await expect.poll(() => saved('orders')).toEqual(orders);
  });

  it('marks on the map what the recorded requests stand for', async () => {
    await page.goto('/?view=map');
    const aws = { xray: { sampling_rule_name: 'orders' } };
    const documents = () => segmentsOf('sampled', [200, 200, 200, 200]).map((text) => JSON.stringify({ ...JSON.parse(text), aws }));
    const card = async () => {
      await standalone.sendDocuments(documents());
      await report('orders', { d: [80, 4, 0] });
      return (await visit.node('sampled').count()) === 0 ? '' : visit.card('sampled');
    };
    await expect.poll(card, { timeout: 60_000, interval: 1_000 }).toMatch(/\d\/s\s+≈ \d+\/s/);
    await expect.poll(() => visit.node('sampled').getAttribute('aria-label')).toMatch(/estimated .* requests per second in all/);
    await visit.node('sampled').click();
    await expect.poll(() => shown(visit.panel), soon).toMatch(/in all, estimated; one of \d+ is recorded/);
  });

  it('is put in another order with the arrow keys and by dragging', async () => {
    await call('POST', '', { rule: { ...health, name: 'deep-health', priority: 6 } });
    await page.goto('/sampling');
    await row('deep-health').waitFor();
    expect(await names()).toEqual(['health', 'deep-health', 'orders', 'Default']);
    await handle('orders').press('ArrowUp');
    await expect.poll(names, soon).toEqual(['health', 'orders', 'deep-health', 'Default']);
    // There is no room between 5 and 6.
    await expect.poll(async () => [(await saved('orders'))?.priority, (await saved('deep-health'))?.priority]).toEqual([6, 7]);
    await expect.poll(() => handle('orders').evaluate((element) => element === document.activeElement)).toBe(true);
    await handle('deep-health').dragTo(row('health'), { targetPosition: { x: 200, y: 4 } });
    await expect.poll(names, soon).toEqual(['deep-health', 'health', 'orders', 'Default']);
    await expect.poll(async () => (await saved('deep-health'))?.priority).toBe(2);
    expect(await handle('Default').count()).toBe(0);
  });

  it('lets anomalies raise the rate of a rule, within bounds', async () => {
    await page.goto('/sampling?rule=orders');
    await field('Raise the rate to').fill('50');
    await page.keyboard.press('Enter');
    expect(await noteOf('Not again for')).toContain('whole number of minutes');
    await field('Not again for').fill('10');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await saved('orders'))?.boost, soon).toEqual({ maxRate: 0.5, cooldownMinutes: 10 });
    for (const label of ['Raise the rate to', 'Not again for']) await field(label).fill('');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(async () => (await saved('orders'))?.boost, soon).toBeNull();
  });

  it('moves nothing by itself for who asks for that', async () => {
    await page.goto('/sampling?rule=orders');
    await page.getByRole('form', { name: 'Edit orders' }).waitFor();
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll('main *')].filter((element) => Number.parseFloat(getComputedStyle(element).transitionDuration) > 0),
    );
    expect(moving).toEqual([]);
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });

  for (const path of ['/sampling?path=/orders/7', '/sampling?rule=orders', '/sampling?new=1']) {
    it.each(screenNames)(`keeps the quality of every page at ${path}, %s`, async (screen) => {
      const looking = await Visit.begin(browser, { baseURL: standalone.httpUrl, viewport: screens[screen], ...qualityOptions });
      await looking.page.goto(path);
      await looking.page.locator('[data-rule="orders"]').waitFor();
      const matched = async () => {
        await report('orders', { c: [300, 120, 0] });
        return shown(looking.page.locator('[data-rule="orders"]'));
      };
      await expect.poll(matched, { ...soon, interval: 1_000 }).toMatch(/\d\/s/);
      if (path.includes('new')) await looking.page.getByLabel('Priority').fill('x');
      await checkQuality(looking, `sampling-${path.replaceAll(/\W+/g, '-')}-${screen}`);
      expect(looking.problems).toEqual([]);
      await looking.end();
    });
  }

  it('wrote no error to the console', () => {
    expect(visit.problems).toEqual([]);
  });

  function row(name: string): Locator {
    return page.locator(`[data-rule="${name}"]`);
  }

  function handle(name: string): Locator {
    return row(name).getByRole('button', { name: /^Move/ });
  }

  function field(label: string): Locator {
    return page.getByRole('form').getByLabel(label, { exact: true });
  }

  async function noteOf(label: string): Promise<string> {
    const id = await field(label).getAttribute('aria-describedby');
    return shown(page.locator(`[id="${id}"]`));
  }

  function forecast(): Promise<string> {
    return shown(page.getByRole('region', { name: 'Forecast' }).locator('dl'));
  }

  async function names(): Promise<(string | null)[]> {
    return page.locator('[data-rule]').evaluateAll((rows) => rows.map((one) => one.getAttribute('data-rule')));
  }

  async function cells(name: string): Promise<string[]> {
    return (await row(name).locator('td.number').allInnerTexts()).map((text) => text.trim());
  }

  /** Counts of ten seconds by client: requests, sampled and borrowed. */
  async function report(RuleName: string, clients: Record<string, [number, number, number]>): Promise<void> {
    const documents = Object.entries(clients).map(([letter, [RequestCount, SampledCount, BorrowCount]]) => ({
      ...{ RuleName, RequestCount, SampledCount, BorrowCount },
      ClientID: letter.repeat(24),
      Timestamp: Date.now() / 1_000,
    }));
    const body = JSON.stringify({ SamplingStatisticsDocuments: documents });
    expect((await fetch(`${standalone.httpUrl}/SamplingTargets`, { method: 'POST', body })).status).toBe(200);
  }

  async function call(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${standalone.httpUrl}/api/sampling/rules${path}`, { method, body: body ? JSON.stringify(body) : null });
  }

  async function change(name: string, update: SamplingRuleUpdate): Promise<void> {
    expect((await call('PUT', `/${name}`, update)).status).toBe(200);
  }

  async function view(): Promise<SamplingView> {
    return (await (await call('GET', '')).json()) as SamplingView;
  }

  async function saved(name: string): Promise<SamplingRule | undefined> {
    return (await view()).rules.find(({ rule }) => rule.name === name)?.rule;
  }
});
