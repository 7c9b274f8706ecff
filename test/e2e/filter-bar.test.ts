/** The filter bar: expressions with their colours, completion, history and errors, by keyboard alone; and what they leave in the list. */
import type { GroupsAnswer } from '@fluoroscope/contract/groups';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { atRest, desktop, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { segmentOf } from './documents.js';
import { checkQuality, qualityOptions } from './quality.js';

const soon = { timeout: 30_000 };
/** Who belongs to a group is known some seconds after the end of a slice. */
const stored = { timeout: 100_000 };
/** What is sent at the beginning is shown to the end, however long the tests before have waited. */
const longWindow = 'last=1h';
const screens = { desktop, phone };
const screenNames = ['desktop', 'phone'] as const;

describe.skipIf(skipped)(`the filter bar${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl, ...qualityOptions });
    page = visit.page;
    await standalone.sendDocuments([
      documentOf('gold', 0.1, { tier: 'gold' }),
      documentOf('silver', 0.1, { tier: 'silver' }),
      documentOf('slow', 2.5, { tier: 'silver', user: 'alice' }),
      documentOf('broken', 0.1, { tier: 'gold', status: 500 }),
    ]);
    await standalone.settled();
  });
  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it('completes what is written, from the language and from the traces, without a pointer', async () => {
    await open('/traces');
    await page.keyboard.press('/');
    await page.keyboard.type('annot');
    await expect.poll(choices).toEqual(['annotation.', 'annot']);
    await accept();
    await page.keyboard.type('t');
    await expect.poll(choices).toEqual(['tier']);
    await expect.poll(() => shown(options().first())).toMatch(/tier\s+4 traces/);
    await accept();
    await page.keyboard.type(' = ');
    await expect.poll(async () => (await choices()).slice(0, 2)).toEqual(['"gold"', '"silver"']);
    await accept();
    expect(await input().inputValue()).toBe('annotation.tier = "gold"');
    expect(await pieces()).toEqual(['keyword annotation.tier', 'operator =', 'string "gold"']);
    await page.keyboard.press('Enter');
    await expect.poll(entries, soon).toEqual(['broken', 'gold']);
    expect(parameter('filter')).toBe('annotation.tier = "gold"');
    expect(await input().getAttribute('aria-expanded')).toBe('false');
  });

  it('says in place what is wrong, and applies nothing', async () => {
    await open('/traces');
    await input().fill('ok AND http.status CONTAINS 5');
    await page.keyboard.press('Enter');
    await expect.poll(() => shown(page.locator('#filter-problem'))).toContain('at character 20: expected =');
    expect(await input().getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('.paint .error').allInnerTexts()).toEqual(['CONTAINS']);
    expect(parameter('filter')).toBeNull();
    await input().fill('ok AND');
    expect(await page.locator('#filter-problem').count()).toBe(0);
    await page.keyboard.press('Enter');
    await expect.poll(() => shown(page.locator('#filter-problem'))).toContain('found the end');
    await page.keyboard.press('Escape');
    expect(await input().inputValue()).toBe('');
  });

  it('remembers what was applied, and chips and toggles hold besides', async () => {
    await open('/traces');
    await apply('responsetime < 1');
    await expect.poll(entries, soon).toEqual(['broken', 'gold', 'silver']);
    await page.getByRole('group', { name: 'Quick filters' }).getByRole('button', { name: 'fault' }).click();
    await expect.poll(entries, soon).toEqual(['broken']);
    expect(parameter('filter')).toBe('responsetime < 1');
    await page.reload();
    await expect.poll(entries, soon).toEqual(['broken']);
    await input().fill('');
    await page.keyboard.press('Enter');
    await expect.poll(() => parameter('filter')).toBeNull();
    await input().focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(choices).toContain('responsetime < 1');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Backspace');
    await expect.poll(() => input().inputValue()).toBe('fault');
    expect(await page.getByRole('button', { name: 'Remove the filter outcome is fault' }).count()).toBe(0);
  });

  it('looks for text that is no expression, and opens a trace that is named', async () => {
    await open('/traces');
    await apply('/silver');
    await expect.poll(entries, soon).toEqual(['silver']);
    expect([parameter('q'), parameter('filter')]).toEqual(['/silver', null]);
    await page.getByRole('button', { name: 'Remove the filter on text' }).click();
    await input().fill('user guide');
    await page.getByRole('option', { name: 'look for this text' }).click();
    await expect.poll(() => [parameter('q'), parameter('filter')]).toEqual(['user guide', null]);
    await page.getByRole('button', { name: 'Remove the filter on text' }).click();
    await expect.poll(entries, soon).toHaveLength(4);
    const traceId = (await page.locator('[data-trace]').first().getAttribute('data-trace')) ?? '';
    await apply(traceId);
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/traces/${traceId}`);
  });

  it('shows a live trace at once where its row tells, and else when it is stored', async () => {
    await open('/traces?filter=responsetime+%3E+2');
    await expect.poll(entries, soon).toEqual(['slow']);
    await standalone.sendDocuments([documentOf('slower', 3), documentOf('quick', 0.1)]);
    await expect.poll(entries, soon).toEqual(['slow', 'slower']);
    await open('/traces?filter=user+%3D+"alice"');
    await expect.poll(entries, soon).toEqual(['slow']);
    await standalone.sendDocuments([documentOf('late', 0.2, { user: 'alice' }), documentOf('other', 0.2, { user: 'bob' })]);
    await page.getByRole('note').filter({ hasText: 'new ones appear when they are stored' }).waitFor(soon);
    await expect.poll(entries, soon).toEqual(['late', 'slow']);
  });

  it('says what the server refuses', async () => {
    visit.expected = /400/;
    await page.goto(`/traces?filter=ok+AND&${longWindow}`);
    await expect.poll(() => shown(page.locator('#filter-problem')), soon).toContain('found the end');
    await expect.poll(() => shown(page.getByRole('alert')), soon).toContain('Invalid filter expression');
    await apply('ok');
    await expect.poll(async () => (await entries()).length, soon).toBeGreaterThan(2);
    visit.expected = null;
  });

  it('says how far back it has searched when that is not all, and searches on', async () => {
    const searchedTo = Math.floor(Date.now() / 1_000) - 100;
    const page1 = { rows: [], before: '1 1-00000000-000000000000000000000000', total: 0, totalIsAtLeast: true, searchedTo, from: 0, to: 0 };
    let answer: object = page1;
    await page.route('**/api/traces?**', (route) => route.fulfill({ json: answer }));
    await page.goto('/traces?filter=user');
    const notice = page.getByRole('note').filter({ hasText: 'Searched back to' });
    await notice.waitFor(soon);
    await expect.poll(() => shown(page.getByRole('region', { name: 'Traces' })), soon).toContain('as far back as was searched');
    answer = { ...page1, before: null };
    // The list may go on by itself; who presses gets there in any case.
    const pressed = async () => {
      const press = notice.getByRole('button', { name: 'search on' });
      if ((await press.count()) > 0) await press.click({ timeout: 1_000 }).catch(() => {});
      return notice.count();
    };
    await expect.poll(pressed, soon).toBe(0);
    await expect.poll(() => shown(page.getByRole('region', { name: 'Traces' })), soon).toMatch(/None of|0 of/);
    await page.unroute('**/api/traces?**');
  });

  it('saves what is filtered as a group, which narrows the list for everybody', async () => {
    await open('/traces');
    await apply('responsetime < 1');
    await page.getByRole('group', { name: 'Quick filters' }).getByRole('button', { name: 'fault' }).click();
    await expect.poll(entries, soon).toEqual(['broken']);
    await menu().locator('summary').press('Enter');
    await menu().getByLabel('Save this filter').fill('no spaces');
    visit.expected = /400/;
    await page.keyboard.press('Enter');
    await expect.poll(() => shown(menu().getByRole('alert')), soon).toContain('letters, digits and dashes');
    visit.expected = null;
    expect(await menu().getByLabel('Save this filter').getAttribute('aria-invalid')).toBe('true');
    await menu().getByLabel('Save this filter').fill('quick-faults');
    await page.keyboard.press('Enter');
    await expect.poll(savedGroups, soon).toEqual({ 'quick-faults': 'responsetime < 1 AND fault' });
    // Who was there before the group does not belong to it: the list stays as it is.
    await expect.poll(() => shown(menu()), soon).toContain('Traces that arrive from now on');
    expect([parameter('group'), await atRest(entries)]).toEqual([null, ['broken']]);
    await standalone.sendDocuments([documentOf('again', 0.1, { status: 500 }), documentOf('fine', 0.1)]);
    await page.getByLabel('Saved group').selectOption('quick-faults');
    await expect.poll(() => parameter('group')).toBe('quick-faults');
    await apply('');
    await page.getByRole('group', { name: 'Quick filters' }).getByRole('button', { name: 'fault' }).click();
    // What came into a slice in the same seconds may belong to it too.
    const members = async () => (await entries()).filter((name) => name !== 'broken');
    await expect.poll(members, stored).toEqual(['again']);
    await expect.poll(() => shown(strip()), soon).toMatch(/Group\s+quick-faults.*as stored.*members since/s);
  });

  it('narrows the map to the chosen group, and tells of a group that a colleague edits', async () => {
    const colleague = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    const labels = (nodes: Element[]) => nodes.map((node) => node.getAttribute('aria-label')?.split(',')[0] ?? '').sort();
    const names = () => colleague.nodes.evaluateAll(labels);
    await colleague.page.goto(`/?view=map&${longWindow}`);
    await expect.poll(names, soon).toContain('shop');
    await fetch(`${standalone.httpUrl}/api/groups`, {
      method: 'POST',
      body: JSON.stringify({ name: 'ours', expression: 'service("depot")' }),
    });
    await colleague.page.getByLabel('Saved group').selectOption('ours');
    await expect.poll(() => shown(colleague.page.locator('main')), soon).toContain('No request of this group');
    const elsewhere = segmentOf({ name: 'depot', status: 200, durationSeconds: 0.1 });
    await standalone.sendDocuments([elsewhere, documentOf('more', 0.1)]);
    await expect.poll(names, stored).toEqual(['Clients of depot', 'depot']);
    await colleague.node('depot').click();
    await expect.poll(() => shown(colleague.page.getByRole('region', { name: 'Recent traces' })), soon).toContain('/');
    await fetch(`${standalone.httpUrl}/api/groups/ours`, { method: 'DELETE' });
    await expect.poll(names, soon).toContain('shop');
    await expect.poll(() => shown(colleague.page.getByRole('note').first())).toMatch(/There is no group\s+ours/);
    expect(colleague.problems).toEqual([]);
    await colleague.end();
  });

  it('changes, deletes and brings back a group, and says when one is not there', async () => {
    await fetch(`${standalone.httpUrl}/api/groups`, { method: 'POST', body: JSON.stringify({ name: 'gold', expression: 'ok' }) });
    await open('/traces');
    await menu().locator('summary').click();
    await menu().getByRole('button', { name: 'Edit the group gold' }).click();
    await expect.poll(() => input().inputValue()).toBe('ok');
    await apply('annotation.tier = "gold"');
    await menu().locator('summary').click();
    await menu().getByRole('button', { name: 'Replace' }).click();
    await expect.poll(entries, soon).toEqual(['broken', 'gold']);
    await expect.poll(async () => (await savedGroups()).gold).toBe('annotation.tier = "gold"');
    await menu().getByRole('button', { name: 'Delete the group gold' }).click();
    await expect.poll(savedGroups, soon).not.toHaveProperty('gold');
    await menu().getByRole('button', { name: 'Undo' }).click();
    await expect.poll(savedGroups, soon).toHaveProperty('gold');
    await page.goto(`/traces?group=nobody&${longWindow}`);
    await expect.poll(() => shown(strip()), soon).toMatch(/There is no group\s+nobody/);
    await expect.poll(async () => (await entries()).length, soon).toBeGreaterThan(2);
  });

  it.each(screenNames)('keeps the quality of every page with the groups open, %s', async (screen) => {
    const looking = await Visit.begin(browser, { baseURL: standalone.httpUrl, viewport: screens[screen], ...qualityOptions });
    await looking.page.goto(`/traces?group=quick-faults&${longWindow}`);
    await looking.page.locator('[data-trace]').first().waitFor(soon);
    await looking.page.locator('summary').filter({ hasText: 'Groups' }).click();
    await looking.page.getByRole('button', { name: 'Edit the group gold' }).waitFor();
    await checkQuality(looking, `filter-groups-${screen}`);
    expect(looking.problems).toEqual([]);
    await looking.end();
  });

  it.each(screenNames)('keeps the quality of every page, with choices and with an error, %s', async (screen) => {
    const looking = await Visit.begin(browser, { baseURL: standalone.httpUrl, viewport: screens[screen], ...qualityOptions });
    const field = looking.page.getByRole('combobox', { name: 'Filter expression' });
    await looking.page.goto(`/traces?${longWindow}`);
    await looking.page.locator('[data-trace]').first().waitFor();
    await field.fill('fault OR service("shop") { responsetime > 1 } AND annotation.tier = ');
    await field.press('ArrowDown');
    await looking.page.locator('[role="option"][aria-selected="true"]').waitFor();
    await checkQuality(looking, `filter-choices-${screen}`);
    await looking.page.goto(`/traces?${longWindow}`);
    await looking.page.locator('[data-trace]').first().waitFor();
    await field.fill('service("shop") { annotation.tier } AND ok');
    await field.press('Enter');
    await looking.page.locator('#filter-problem').waitFor();
    await checkQuality(looking, `filter-error-${screen}`);
    expect(looking.problems).toEqual([]);
    await looking.end();
  });

  it('wrote no error to the console', () => {
    expect(visit.problems).toEqual([]);
  });

  async function open(path: string): Promise<void> {
    await page.goto(`${path}${path.includes('?') ? '&' : '?'}${longWindow}`);
    await page.locator('[data-trace]').first().waitFor(soon);
  }

  function input(): Locator {
    return page.getByRole('combobox', { name: 'Filter expression' });
  }

  function menu(): Locator {
    return page.locator('details').filter({ hasText: 'Groups' });
  }

  /** What is said of the group that is chosen. */
  function strip(): Locator {
    return page.getByRole('note').filter({ hasText: /group/i }).first();
  }

  async function savedGroups(): Promise<Record<string, string | undefined>> {
    const { groups } = (await (await fetch(`${standalone.httpUrl}/api/groups`)).json()) as GroupsAnswer;
    const own = groups.filter(({ name }) => name !== 'Default');
    return Object.fromEntries(own.map(({ name, filters }) => [name, filters.at(-1)?.expression]));
  }

  function options(): Locator {
    return page.getByRole('option');
  }

  async function choices(): Promise<string[]> {
    return (await options().locator('code').allInnerTexts()).map((text) => text.trim());
  }

  /** What each part is, as it is painted. */
  async function pieces(): Promise<string[]> {
    const read = (spans: Element[]) => spans.map((span) => `${span.classList[0]} ${span.textContent}`);
    return (await page.locator('.paint span').evaluateAll(read)).filter((piece) => !piece.startsWith('space'));
  }

  async function accept(): Promise<void> {
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => input().getAttribute('aria-activedescendant')).toBe('filter-choice-0');
    await page.keyboard.press('Enter');
  }

  async function apply(text: string): Promise<void> {
    await input().fill(text);
    await page.keyboard.press('Enter');
  }

  function parameter(name: string): string | null {
    return new URL(page.url()).searchParams.get(name);
  }

  /** Names at the end of the URLs of the rows, in order. */
  async function entries(): Promise<string[]> {
    const texts = await page.locator('[data-trace]').allInnerTexts();
    return texts.flatMap((text) => /\/of\/(\w+)/.exec(text)?.[1] ?? []).sort();
  }

  function documentOf(name: string, durationSeconds: number, more: { status?: number; tier?: string; user?: string } = {}): string {
    const { status = 200, tier, user } = more;
    const document = JSON.parse(segmentOf({ name: 'shop', status, durationSeconds, url: `http://shop/of/${name}` })) as object;
    return JSON.stringify({ ...document, ...(tier ? { annotations: { tier } } : {}), ...(user ? { user } : {}) });
  }
});
