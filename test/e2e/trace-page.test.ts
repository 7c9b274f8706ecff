/** The page of one trace, as people use it: it says what is so, stays where it is, and is walked by keys as by mouse. */
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { bigTrace, brokenTrace, openTrace, richTrace, skewedTrace, type TraceDocuments } from '../fixtures/trace-documents.js';
import { atRest, shown, skipped, startChromium, unless, Visit } from './chromium.js';

const soon = { timeout: 30_000 };
const putLimit = 50;
const manyRows = 50_000;
const mostMounted = 80;

describe.skipIf(skipped)(`the trace page${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;
  const startSeconds = Date.now() / 1000 - 120;
  const rich = richTrace(1, startSeconds);
  const big = bigTrace(2, startSeconds, manyRows);
  const broken = brokenTrace(3, startSeconds);
  const skewed = skewedTrace(4, startSeconds);

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    for (const trace of [rich, big, broken, skewed]) await send(trace);
    await standalone.settled();
  });

  beforeEach(() => visit.page.setViewportSize({ width: 1280, height: 800 }));

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it('opens a trace with its parts below each other, groups folded, and says how it ended', async () => {
    await open(rich);
    expect(await shown(visit.page.getByRole('heading', { level: 1 }))).toContain('storefront');
    expect(await shown(visit.page.getByRole('main').locator('header dl'))).toMatch(/Fault\s+Duration\s+860 ms/);
    expect(await names()).toEqual([
      'storefront',
      'authorize',
      'orders.internal',
      'orders',
      'DynamoDB GetItem',
      'shop@postgres.internal',
      'Lambda Invoke',
      'price-basket',
      'price-basket',
      'Initialization',
      'Invocation',
      'S3 GetObject',
      'Overhead',
      'api.cards.example',
      'render',
    ]);
    expect(await row('DynamoDB GetItem').getAttribute('aria-label')).toMatch(/132 ms in all, p95 7\.00 ms, 1 throttled.*throttled/);
    expect(await row('Lambda Invoke').getAttribute('aria-label')).toMatch(
      /level 4, 280 milliseconds, starts at 280 milliseconds, 2 attempts/,
    );
    expect(await row('api.cards.example').getAttribute('aria-label')).toMatch(/fault, has an exception, known from its caller/);
  });

  it('shows throttles as throttles, never as errors', async () => {
    await open(rich, '?q=GetItem');
    await row('DynamoDB GetItem').first().press('ArrowRight');
    const labels = await labelsOf(rows());
    expect(labels.filter((label) => label.includes('throttled') && label.includes('attempts'))).toHaveLength(1);
    expect(labels.some((label) => /, error/.test(label))).toBe(false);
  });

  it('is walked by keys as a treegrid is', async () => {
    await open(rich);
    const focused = () => visit.page.evaluate(() => document.activeElement?.closest('tr')?.getAttribute('aria-rowindex'));
    const leads = async (key: string, rowIndex: string) => {
      await visit.page.keyboard.press(key);
      await expect.poll(focused).toBe(rowIndex);
    };
    const cell = () =>
      visit.page.evaluate(() => [...(document.activeElement?.parentElement?.children ?? [])].indexOf(document.activeElement as Element));
    await rows().first().focus();
    for (const [key, rowIndex] of [
      ['ArrowDown', '2'],
      ['ArrowDown', '3'],
      ['ArrowUp', '2'],
      ['End', '15'],
      ['Home', '1'],
    ] as const)
      await leads(key, rowIndex);
    await visit.page.keyboard.press('ArrowLeft');
    await expect.poll(async () => [await rows().count(), await rows().first().getAttribute('aria-expanded')]).toEqual([1, 'false']);
    await visit.page.keyboard.press('ArrowRight');
    await expect.poll(() => rows().count()).toBe(15);
    const onRow = await cell();
    await visit.page.keyboard.press('ArrowRight');
    await expect.poll(cell).toBe(0);
    await visit.page.keyboard.press('ArrowLeft');
    await expect.poll(cell).toBe(onRow);
    for (const [key, rowIndex] of [
      ['PageDown', '15'],
      ['ArrowUp', '14'],
      ['ArrowLeft', '4'],
    ] as const)
      await leads(key, rowIndex);
    const indices = await Promise.all((await rows().all()).map((one) => one.getAttribute('aria-rowindex')));
    expect(indices.map(Number).toSorted((left, right) => left - right)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
  });

  it('tells everything of a row beside it, and goes from a reference to the exception', async () => {
    await open(rich);
    await row('orders', true).click();
    const panel = visit.panel;
    await panel.getByText('1.8.2').first().waitFor();
    await panel.getByRole('button', { name: /The exception of api\.cards\.example/ }).click();
    await panel.getByText('CardDeclinedError').waitFor();
    expect(await shown(panel)).toMatch(/services\/orders\/src\/pay\.ts:88/);
    expect(await shown(panel)).toMatch(/12 more frames/);
    await visit.page.keyboard.press('Escape');
    await expect.poll(() => panel.count(), soon).toBe(0);
  });

  it('opens the same view in another browser from its address', async () => {
    await open(rich);
    await row('DynamoDB GetItem').locator('[data-twist]').click();
    await visit.page.keyboard.press('p');
    await row('authorize').dblclick();
    await visit.page.locator('#search').fill('shop-carts');
    await visit.page.mouse.move(0, 0);
    await expect.poll(() => new URL(visit.page.url()).searchParams.get('q'), soon).toBe('shop-carts');
    const there = await atRest(() => look(visit));
    expect(there.rows.length).toBeGreaterThan(30);
    const other = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await other.page.goto(visit.page.url());
    await expect.poll(() => look(other), soon).toEqual(there);
    expect(other.problems).toEqual([]);
    await other.end();
  });

  it('finds inside, opens what the match is folded into, and steps around the end', async () => {
    await open(rich);
    await visit.page.keyboard.press('/');
    await visit.page.keyboard.type('shop-carts');
    await expect.poll(() => shown(visit.page.locator('.found')), soon).toBe('24');
    await visit.page.keyboard.press('Enter');
    await expect.poll(() => shown(visit.page.locator('.found')), soon).toBe('1 of 24');
    await visit.page.keyboard.press('Shift+Enter');
    await expect.poll(() => shown(visit.page.locator('.found')), soon).toBe('24 of 24');
    await visit.page.getByRole('button', { name: 'Only matches' }).click();
    await expect.poll(async () => (await names()).filter((name) => name === 'render'), soon).toEqual([]);
  });

  it('looks closer by drag, keys and sliders, and back at the whole', async () => {
    await open(rich);
    const range = () => new URL(visit.page.url()).searchParams.get('range');
    const axis = await visit.page.locator('.axis').boundingBox();
    if (axis === null) throw new Error('there is no axis');
    await visit.page.mouse.move(axis.x + axis.width * 0.25, axis.y + 8);
    await visit.page.mouse.down();
    await visit.page.mouse.move(axis.x + axis.width * 0.5, axis.y + 8, { steps: 4 });
    await visit.page.mouse.up();
    await expect.poll(range, soon).toMatch(/^21\d(\.\d+)?-(42|43)\d/);
    await visit.page.getByRole('slider', { name: 'Start of the range' }).press('Home');
    await expect.poll(range, soon).toMatch(/^0-/);
    const bar = visit.page.getByRole('scrollbar');
    await bar.evaluate((element) => element.scrollTo({ left: element.scrollWidth }));
    await expect.poll(range, soon).toMatch(/-860$/);
    await visit.page.locator('#page-title').click();
    await visit.page.keyboard.press('0');
    await expect.poll(range, soon).toBeNull();
    expect(await bar.count()).toBe(0);
  });

  it('says what has no parent, what is cut, and whose clock disagrees', async () => {
    await open(broken);
    await expect.poll(() => shown(visit.page.getByRole('note'))).toMatch(/2 segments name parents that are not here/);
    expect(await shown(visit.page.getByRole('note'))).toMatch(/circle is cut/);
    expect(await names()).toEqual([
      'front',
      'step of root',
      '2 without their parent',
      'lost service',
      'lost step',
      '1 in a circle of parents',
      expect.stringMatching(/of circle$/),
      expect.stringMatching(/of circle$/),
      expect.stringMatching(/of circle$/),
    ]);
    await open(skewed);
    await expect
      .poll(() => shown(visit.page.getByRole('note')))
      .toMatch(/clock of back seems to be .* behind that of front: 1 of 1 call does not fit/);
  });

  it('estimates times when asked to, says so on each row, and goes back to what was sent', async () => {
    await open(skewed);
    const starts = async () => (await labelsOf(rows())).map((label) => /starts at [^,]+/.exec(label)?.[0]);
    const sent = await starts();
    await visit.page.getByRole('button', { name: 'Estimate them' }).click();
    await expect
      .poll(starts, soon)
      .toEqual([
        'starts at 0 milliseconds',
        'starts at 100 milliseconds',
        expect.stringMatching(/^starts at an estimated \d+ milliseconds$/),
      ]);
    await expect.poll(() => shown(visit.page.getByRole('note'))).toContain('Times are estimated');
    await visit.page.getByRole('button', { name: 'Show as sent' }).click();
    await expect.poll(starts, soon).toEqual(sent);
  });

  it('says that it knows nothing of a trace or that there is no ID, and leads to another', async () => {
    visit.expected = /404/;
    for (const [id, words] of [
      ['1-00000000-000000000000000000000000', 'Nothing is known of this trace'],
      ['%3Cscript%3E', 'This is no trace ID'],
      ['x'.repeat(300), 'This is no trace ID'],
    ] as const) {
      await visit.page.goto(`/traces/${id}`);
      await visit.page.getByRole('heading', { name: words }).waitFor();
    }
    await visit.page.getByLabel('Trace ID').fill(`Root=${rich.traceId};Sampled=1`);
    await visit.page.keyboard.press('Enter');
    await row('storefront').waitFor();
    visit.expected = null;
  });

  it('grows while a request is in progress, and turns solid in its place', async () => {
    const start = Date.now() / 1000 - 1;
    const trace = openTrace(6, start, false);
    await send(trace);
    await standalone.settled();
    await open(trace);
    const waiting = row('warehouse.internal');
    const bar = waiting.locator('.bar');
    expect(await bar.getAttribute('class')).toContain('progress');
    const index = await waiting.getAttribute('aria-rowindex');
    const before = await shown(waiting.locator('.duration'));
    await expect.poll(() => shown(waiting.locator('.duration')), soon).not.toBe(before);
    await send(openTrace(6, start, true));
    await expect.poll(() => bar.getAttribute('class'), soon).not.toContain('progress');
    expect([await waiting.getAttribute('aria-rowindex'), await shown(waiting.locator('.duration'))]).toEqual([index, '630 ms']);
  });

  it(`opens ${manyRows} rows folded, mounts a few of them, and keeps the row with the focus`, async () => {
    await open(big);
    await expect.poll(() => shown(visit.page.getByRole('button', { name: /rows, open all/ }))).toMatch(/^5\d,\d{3} rows, open all$/);
    await visit.page.getByRole('button', { name: /rows, open all/ }).click();
    const scroller = visit.page.locator('.scroller');
    await visit.page.locator('tr[aria-rowindex="4"]').focus();
    const focused = await visit.page.evaluate(() => document.activeElement?.id);
    let most = 0;
    for (let at = 0; at <= 10_000 * 24; at += 24_000) {
      await scroller.evaluate((element, top) => element.scrollTo({ top }), at);
      await visit.page.waitForTimeout(30);
      most = Math.max(most, await rows().count());
    }
    expect(most).toBeLessThanOrEqual(mostMounted);
    expect(await visit.page.evaluate(() => document.activeElement?.id)).toBe(focused);
    await visit.page.keyboard.press('ArrowDown');
    await expect.poll(() => visit.page.evaluate(() => document.activeElement?.getAttribute('aria-rowindex')), soon).toBe('5');
  });

  it('touches only the rows that come when it is scrolled, and none when the pointer passes', async () => {
    await open(big, '?depth=all');
    const touched = async (act: () => Promise<void>) => {
      await visit.page.evaluate(watchRows);
      await act();
      await drawn();
      return visit.page.evaluate(() => (globalThis as unknown as { touchedRows: Set<Element> }).touchedRows.size);
    };
    const scroll = (pixels: number) => visit.page.locator('.scroller').evaluate((element, by) => element.scrollBy({ top: by }), pixels);
    await scroll(24 * 100);
    await drawn();
    expect(await touched(() => scroll(24))).toBeLessThanOrEqual(2);
    expect(await touched(() => scroll(24 * 10))).toBeLessThanOrEqual(12);
    expect(await touched(() => visit.page.mouse.move(700, 500, { steps: 8 }))).toBe(0);
    await visit.page.locator('#search').fill('checksum');
    await expect.poll(() => shown(visit.page.locator('.found')), soon).toMatch(/\d/);
    expect(await rows().count()).toBeLessThanOrEqual(mostMounted);
  });

  it('wrote no error to the console', () => {
    expect(visit.problems).toEqual([]);
  });

  async function send({ documents }: TraceDocuments): Promise<void> {
    const texts = documents.map((document) => JSON.stringify(document));
    for (let at = 0; at < texts.length; at += putLimit) {
      const { status, unprocessed } = await standalone.put(texts.slice(at, at + putLimit));
      expect([status, unprocessed]).toEqual([200, []]);
    }
  }

  async function open({ traceId }: TraceDocuments, query = ''): Promise<void> {
    await visit.page.goto(`/traces/${traceId}${query}`);
    await rows().first().waitFor(soon);
  }

  function rows(): Locator {
    return visit.page.locator('tr[data-row]');
  }

  /** A scroll is told of with the next frame; what it changes comes at once, or a moment later. */
  async function drawn(): Promise<void> {
    for (let frame = 0; frame < 3; frame++) await visit.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    await atRest(() => visit.page.locator('tbody').first().innerHTML());
  }

  /** The rows of that name. */
  function row(name: string, exactly = false): Locator {
    return rows().filter({ has: visit.page.locator('.text', { hasText: exactly ? new RegExp(`^${name}$`) : name }) });
  }

  /** From top to bottom. */
  async function names(): Promise<string[]> {
    return (await look(visit)).rows;
  }

  async function labelsOf(found: Locator): Promise<string[]> {
    return found.evaluateAll((elements) => elements.map((element) => element.getAttribute('aria-label') ?? ''));
  }
});

/** In the page. From now on, the rows whose element is changed in any way. */
function watchRows(): void {
  const touchedRows = new Set<Element>();
  Object.assign(globalThis, { touchedRows });
  const body = document.querySelector('tbody');
  if (body === null) throw new Error('there are no rows');
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const row = (target instanceof Element ? target : target.parentElement)?.closest('tr');
      if (row) touchedRows.add(row);
    }
  }).observe(body, { subtree: true, childList: true, attributes: true, characterData: true });
}

/** Rows, bars, marks and selection as they are on the screen. */
async function look({ page }: Visit): Promise<{ rows: string[]; bars: string[]; selected: string | null; found: string }> {
  return page.evaluate(() => {
    const rows = [...document.querySelectorAll<HTMLElement>('tr[data-row]')];
    rows.sort((left, right) => Number(left.getAttribute('aria-rowindex')) - Number(right.getAttribute('aria-rowindex')));
    const places = (element: HTMLElement) =>
      [...element.querySelectorAll<HTMLElement>('.bar, .path, .gap')].map(
        ({ className, style }) => `${className} ${style.left} ${style.width}`,
      );
    return {
      rows: rows.map((row) => row.querySelector('.text')?.textContent ?? ''),
      bars: rows.flatMap(places),
      selected: document.querySelector('tr[aria-selected="true"]')?.id ?? null,
      found: document.querySelector('.found')?.textContent ?? '',
    };
  });
}
