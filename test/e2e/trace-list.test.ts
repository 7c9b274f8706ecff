/** The trace list under live traffic: it shows what happens without moving what is read, and a link is all of its state. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { atRest, lost, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { openSegment, segmentOf, segmentsOf } from './documents.js';

const soon = { timeout: 30_000 };
const readMs = 6_000;
const hostileName = '<img src=x onerror=alert(1)>\u202Egnp.exe';
/** What turns the direction round is written out. */
const hostileText = hostileName.replace('\u202E', '⟨U+202E⟩');

describe.skipIf(skipped)(`the trace list${unless}`, () => {
  let standalone: Standalone;
  let restarted: Standalone | null = null;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await visit.page.goto('/traces');
  });

  afterAll(async () => {
    await browser?.close();
    await restarted?.remove();
    await standalone?.remove();
  });

  it('says what to do while nothing has arrived', async () => {
    await visit.page.getByRole('heading', { name: 'Waiting for the first segment' }).waitFor();
  });

  it('shows requests as they come, newest on top, while nobody reads', async () => {
    await standalone.sendDocuments(segmentsOf('first', [200, 404, 429, 500]));
    await expect.poll(() => rows().count(), soon).toBe(4);
    await standalone.sendDocuments(segmentsOf('second', [200]));
    await expect.poll(() => shown(firstRow()), soon).toContain('second');
    expect(await shown(firstRow())).toMatch(/ok[\s\S]*100 ms[\s\S]*GET[\s\S]*200/);
  });

  it('never moves the row under the pointer: new ones wait, and are counted', async () => {
    await rows().nth(2).hover();
    const before = await ids();
    await traffic('waiting', 8);
    await expect.poll(() => shown(pill()), soon).toBe('8 new');
    expect(await ids()).toEqual(before);
    await visit.page.keyboard.press('n');
    await expect.poll(() => rows().count(), soon).toBe(13);
    expect((await ids()).slice(8)).toEqual(before);
    expect(await pill().count()).toBe(0);
    await visit.page.mouse.move(640, 20);
  });

  it('keeps the row on top of the screen where it is when new ones come in above it', async () => {
    await standalone.sendDocuments(
      segmentsOf(
        'many',
        Array.from({ length: 80 }, () => 200),
      ),
    );
    await expect.poll(() => total(), soon).toBe(93);
    await grid().evaluate((element) => element.parentElement?.scrollTo(0, 640));
    await expect.poll(() => new URL(visit.page.url()).searchParams.get('at'), soon).not.toBeNull();
    const before = await topRow();
    await traffic('above', 5);
    await expect.poll(() => shown(pill()), soon).toBe('5 new');
    expect(await topRow()).toEqual(before);
    await visit.page.keyboard.press('n');
    await expect.poll(() => total(), soon).toBe(98);
    expect(await topRow()).toEqual(before);
    await grid().evaluate((element) => element.parentElement?.scrollTo(0, 0));
  });

  it('shows a request that goes on with its age, and its end in the same place', async () => {
    await visit.page.mouse.move(640, 20);
    const { open, done } = openSegment('endless', 200);
    await standalone.sendDocuments([open]);
    const row = rows().filter({ hasText: 'endless' });
    await expect.poll(() => shown(row), soon).toContain('in progress');
    const early = await shown(row.getByRole('gridcell').nth(2));
    await expect.poll(() => shown(row.getByRole('gridcell').nth(2)), soon).not.toBe(early);
    const place = await row.getAttribute('aria-rowindex');
    await row.hover();
    await traffic('later', 3);
    await expect.poll(() => shown(pill()), soon).toBe('3 new');
    await standalone.sendDocuments([done(Date.now() / 1_000)]);
    await expect.poll(() => shown(row), soon).toMatch(/^ok/);
    expect(await row.getAttribute('aria-rowindex')).toBe(place);
    await visit.page.mouse.move(640, 20);
    await expect.poll(() => pill().count(), soon).toBe(0);
  });

  it('goes by keys, opens with Enter, and comes back to the same row', async () => {
    await visit.page.keyboard.press('j');
    const first = await focused();
    expect(first).toBe((await ids())[0]);
    await visit.page.keyboard.press('j');
    await visit.page.keyboard.press('ArrowDown');
    await visit.page.keyboard.press('k');
    expect(await focused()).toBe((await ids())[1]);
    await visit.page.keyboard.press('End');
    await expect.poll(() => visit.page.locator(':focus').getAttribute('aria-rowindex'), soon).toBe(String((await total()) + 1));
    await visit.page.keyboard.press('Home');
    await expect.poll(() => focused(), soon).toBe(first);
    await visit.page.keyboard.press('Enter');
    await expect.poll(() => new URL(visit.page.url()).pathname, soon).toBe(`/traces/${first}`);
    await visit.page.goBack();
    await expect.poll(() => firstRow().getAttribute('aria-selected'), soon).toBe('true');
  });

  it('compares two rows that are picked by keys or by mouse, and a link shows the same', async () => {
    await visit.page.keyboard.press('j');
    await visit.page.keyboard.press('x');
    await visit.page.locator('[data-trace][aria-rowindex="3"]').getByRole('button', { name: 'Pick to compare' }).click();
    await visit.page.getByRole('button', { name: 'Compare 2 traces' }).click();
    const dialog = visit.page.getByRole('dialog', { name: 'Two traces compared' });
    await expect.poll(() => shown(dialog.getByRole('row', { name: /^Response time/ }))).toContain('ms');
    expect(await dialog.getByRole('columnheader').getByRole('link').count()).toBe(2);
    const colleague = await Visit.begin(browser);
    await colleague.page.goto(visit.page.url());
    await colleague.page
      .getByRole('dialog')
      .getByRole('row', { name: /^Response time/ })
      .waitFor();
    await colleague.end();
    await visit.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await visit.page.getByRole('button', { name: 'Let go of what is picked' }).click();
  });

  it('leads by a link to a row far below, and says so when the trace is not there', async () => {
    const last = await oldest();
    const colleague = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await colleague.page.goto(`/traces?row=${last}`);
    await colleague.page.locator(`[data-trace="${last}"][aria-selected="true"]`).waitFor();
    await colleague.page.goto(`/traces?row=${last?.replace(/.{24}$/, 'f'.repeat(24))}`);
    await colleague.page.getByRole('note').filter({ hasText: 'is not stored any more' }).getByRole('link').click();
    await expect.poll(() => new URL(colleague.page.url()).pathname, soon).toMatch(/f{24}$/);
    await colleague.end();
  });

  it('narrows by a toggle, by text and by a value, keeps that in the address, and says of how many nothing is left', async () => {
    await visit.page.getByRole('button', { name: 'fault', exact: true }).click();
    await expect.poll(() => total(), soon).toBe(1);
    await visit.page.keyboard.press('/');
    await visit.page.keyboard.type('nothing has this');
    expect(await total()).toBe(1);
    await visit.page.keyboard.press('Enter');
    await visit.page.getByRole('heading', { name: /^0 of [\d,]+ traces in the last 5 minutes match$/ }).waitFor();
    await visit.page.getByRole('button', { name: 'Clear the last filter' }).click();
    await expect.poll(() => total(), soon).toBe(1);
    const colleague = await Visit.begin(browser);
    await colleague.page.goto(visit.page.url());
    await expect.poll(() => colleague.page.locator('[data-trace]').count(), soon).toBe(1);
    expect(await colleague.page.getByRole('button', { name: 'fault', exact: true }).getAttribute('aria-pressed')).toBe('true');
    expect(colleague.problems).toEqual([]);
    await colleague.end();
    await visit.page.getByRole('button', { name: 'Remove the filter outcome is fault' }).click();
    await expect.poll(() => total(), soon).toBeGreaterThan(90);
  });

  it('adds a value of the facets with a click, excludes it with Alt, and never reorders them by itself', async () => {
    await visit.page.getByRole('button', { name: 'Facets' }).click();
    const entries = visit.page.getByRole('region', { name: 'Entry' }).getByRole('listitem');
    const labels = async () => (await entries.allInnerTexts()).map((text) => text.split('\n')[0]);
    await entries.filter({ hasText: 'second' }).waitFor();
    const before = await labels();
    await traffic('second', 12);
    await expect.poll(() => shown(entries.filter({ hasText: 'second' })), soon).toMatch(/13/);
    expect(await labels()).toEqual(before);
    await entries.filter({ hasText: 'second' }).locator('.value').click();
    await expect.poll(() => total(), soon).toBe(13);
    await visit.page.getByRole('button', { name: 'Remove the filter entry is second' }).click();
    await entries
      .filter({ hasText: 'second' })
      .locator('.value')
      .click({ modifiers: ['Alt'] });
    await expect.poll(() => shown(visit.page.getByRole('search')), soon).toContain('entry is not second');
    await expect.poll(() => shown(grid())).not.toContain('second');
    await visit.page.goto('/traces');
  });

  it('selects a time and a duration from the picture by keys alone, and shows the picture as a table', async () => {
    await expect.poll(() => rows().count(), soon).toBeGreaterThan(10);
    const scatter = visit.page.getByRole('application', { name: /^Duration of/ });
    await scatter.focus();
    for (const key of ['ArrowUp', 'Shift+ArrowUp', 'Shift+ArrowLeft']) await visit.page.keyboard.press(key);
    await expect.poll(() => shown(scatter.getByRole('status'))).toMatch(/ to .*, \d+ traces?$/);
    await visit.page.keyboard.press('Enter');
    await expect.poll(() => visit.page.url(), soon).toMatch(/from=.*min=|min=.*from=/);
    await visit.page.goBack();
    await visit.page.getByRole('button', { name: 'Table', exact: true }).click();
    await visit.page.getByRole('region', { name: 'Durations and counts over time' }).getByRole('row').nth(1).waitFor();
    await visit.page.goto('/traces');
  });

  it('shows hostile names as text, and what would turn them round as a sign of its own', async () => {
    await standalone.sendDocuments([segmentOf({ name: 'hostile', status: 200, durationSeconds: 0.1, url: `javascript:${hostileName}` })]);
    const row = rows().filter({ hasText: 'hostile' });
    await row.waitFor();
    expect(await shown(row)).toContain(`javascript:${hostileText}`);
    expect(await row.locator('img').count()).toBe(0);
  });

  it('fits a telephone without a scroll to the side', async () => {
    const pocket = await Visit.begin(browser, { baseURL: standalone.httpUrl, viewport: phone });
    await pocket.page.goto('/traces');
    await expect.poll(() => pocket.page.locator('[data-trace]').count(), soon).toBeGreaterThan(5);
    expect(await pocket.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await pocket.page.getByRole('button', { name: 'Filters' }).click();
    await pocket.page.getByRole('dialog').getByRole('button', { name: 'fault', exact: true }).click();
    await expect.poll(() => pocket.page.url(), soon).toContain('fault');
    expect(pocket.problems).toEqual([]);
    await pocket.end();
  });

  it('stays still while paused, and tells a screen reader little', async () => {
    await visit.liveButton.click();
    const main = visit.page.getByRole('main');
    const before = await shown(grid());
    await visit.page.evaluate(countAnnouncements);
    await traffic('paused', 4);
    await expect.poll(() => shown(pill()), soon).toMatch(/^\d+ new$/);
    await sleep(readMs); // the claim is about time that passes
    expect(await shown(grid())).toBe(before);
    await visit.liveButton.click();
    await expect.poll(() => shown(main), soon).toContain('paused');
    expect(await visit.page.evaluate(() => (globalThis as unknown as { announced: number }).announced)).toBeLessThanOrEqual(2);
  });

  it('keeps its rows while the product is away, and has no row twice when it is back', async () => {
    visit.expected = lost;
    const before = await atRest(total);
    const { port } = new URL(standalone.httpUrl);
    await standalone.killTree();
    await expect.poll(() => shown(visit.liveButton), soon).toMatch(/^Reconnecting/);
    expect(await total()).toBe(before);
    const env = { FLUOROSCOPE_HTTP_PORT: port, FLUOROSCOPE_XRAY_PORT: String(standalone.xrayPort) };
    restarted = await Standalone.start({ folder: standalone.folder, env });
    await expect.poll(() => shown(visit.liveButton), soon).toMatch(/^Live/);
    await restarted.sendDocuments(segmentsOf('returned', [200]));
    await expect.poll(() => shown(firstRow()), soon).toContain('returned');
    expect(await total()).toBe(before + 1);
    const all = await ids();
    expect(new Set(all).size).toBe(all.length);
    expect(visit.problems).toEqual([]);
  });

  function grid(): Locator {
    return visit.page.getByRole('grid', { name: 'Traces' });
  }

  function rows(): Locator {
    return visit.page.locator('[data-trace]');
  }

  /** Elements go from row to row, so the first one in the document is any row. */
  function firstRow(): Locator {
    return visit.page.locator('[data-trace][aria-rowindex="2"]');
  }

  function pill(): Locator {
    return visit.page.getByRole('button', { name: /^\d+\+? new$/ });
  }

  async function total(): Promise<number> {
    return Number(await grid().getAttribute('aria-rowcount')) - 1;
  }

  async function ids(): Promise<(string | null)[]> {
    const found = await rows().evaluateAll((elements) =>
      elements.map((element) => [Number(element.getAttribute('aria-rowindex')), element.getAttribute('data-trace')] as const),
    );
    return found.sort(([left], [right]) => left - right).map(([, id]) => id);
  }

  async function oldest(): Promise<string | undefined> {
    const to = Date.now() / 1_000 + 5;
    const answer = await fetch(`${standalone.httpUrl}/api/traces?from=${to - 300}&to=${to}&limit=500`);
    return ((await answer.json()) as { rows: { traceId: string }[] }).rows.at(-1)?.traceId;
  }

  async function focused(): Promise<string | null> {
    return visit.page.locator(':focus').getAttribute('data-trace');
  }

  /** The first row whose top is inside the list, and where it stands. */
  async function topRow(): Promise<{ id: string | null; y: number }> {
    return grid().evaluate((table) => {
      const edge = (table.querySelector('thead')?.getBoundingClientRect().bottom ?? 0) - 1;
      const inside = [...table.querySelectorAll('[data-trace]')].map((row) => ({
        id: row.getAttribute('data-trace'),
        y: row.getBoundingClientRect().top,
      }));
      return inside.filter(({ y }) => y >= edge).sort((left, right) => left.y - right.y)[0] ?? { id: null, y: 0 };
    });
  }

  async function traffic(name: string, count: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      await (restarted ?? standalone).sendDocuments(segmentsOf(name, [200]));
      await sleep(30);
    }
  }
});

/** In the page: how often a live region says something, from now on. */
function countAnnouncements(): void {
  const page = globalThis as unknown as { announced: number };
  page.announced = 0;
  for (const region of document.querySelectorAll('[role="status"], [role="alert"], [aria-live]'))
    new MutationObserver(() => page.announced++).observe(region, { childList: true, characterData: true, subtree: true });
}
