/** The map under live traffic of the demo shop: it is right, it stays still, and it can be used without a mouse. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { atRest, shown, skipped, startChromium, unless, Visit } from './chromium.js';

const soon = { timeout: 30_000 };
/** The shop's payments throttle in bursts, one every 45 s. */
const untilBurst = { timeout: 60_000 };
const stillMs = 15_000;
const pauseMs = 3_000;
/** Sum of all layout shifts, from the first paint on. */
const mostLayoutShift = 0.02;

const shop = [
  'Clients of shop-gateway',
  'api.cards.example',
  'cart',
  'catalog',
  'fulfilment',
  'https://sqs.us-east-1.amazonaws.com/000000000000/shop-orders',
  'orders',
  'payments',
  'shop-carts',
  'shop-gateway',
  'shop@postgres.internal',
];

interface Look {
  /** Where each node lies on the screen, by name. */
  places: Map<string, string>;
  viewport: string | null;
  text: string;
}

/** Adds up what moved by itself; a press of a key or a button excuses nothing. */
const watchLayout = `
  globalThis.layoutShift = 0;
  new PerformanceObserver((list) => { for (const { value } of list.getEntries()) globalThis.layoutShift += value; })
    .observe({ type: 'layout-shift', buffered: true });
`;

describe.skipIf(skipped)(`the live map${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;
  /** A second page, which nobody touches; how it looked once all was there. */
  let witness: Visit;
  let still: Look & { sinceMs: number };

  beforeAll(async () => {
    const demo = Standalone.start({ args: ['--demo'], env: { FLUOROSCOPE_DEMO_RATE: '30' } });
    [standalone, browser] = await Promise.all([demo, startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    witness = await Visit.begin(browser, { baseURL: standalone.httpUrl, script: watchLayout });
  });

  beforeEach(async () => {
    await visit.page.goto('/');
    await visit.node('payments').waitFor(soon);
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it('shows every part of the shop, and nothing else', async () => {
    await witness.page.goto('/');
    await expect.poll(async () => (await labels()).sort(), soon).toEqual(shop);
    const { places, viewport } = await atRest(async () => ({ ...(await look()), text: '' }));
    still = { places, viewport, text: (await look()).text, sinceMs: Date.now() };
    await expect.poll(() => shown(witness.page.getByText(/^10 services$/)), soon).toBe('10 services');
  });

  it('opens the call that is clicked, and the node that is left by it', async () => {
    const box = await atRest(() => visit.node('payments').boundingBox());
    await visit.page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) + 6, (box?.y ?? 0) + (box?.height ?? 0) / 2);
    await expect.poll(() => visit.panelTitle, soon).toMatch(/Call from\s+payments\s+to\s+api\.cards\.example/);
    expect(new URL(visit.page.url()).searchParams.get('edge')).toContain('>api.cards.example');
    await visit.panel.getByRole('button', { name: 'payments', exact: true }).click();
    await expect.poll(() => visit.panelTitle, soon).toBe('payments');
    expect(await shown(visit.panel.getByRole('region', { name: 'Callers' }))).toContain('orders');
    expect(await shown(visit.panel.getByRole('region', { name: 'Callees' }))).toContain('api.cards.example');
  });

  it('stops all numbers while paused, and goes on from now', async () => {
    const page = visit.page.getByRole('main');
    const running = await shown(page);
    await expect.poll(() => shown(page), soon).not.toBe(running);
    await visit.page.getByRole('main').focus();
    await visit.page.keyboard.press('Space');
    await expect.poll(() => shown(visit.liveButton), soon).toMatch(/^Paused/);
    const paused = await atRest(() => shown(page));
    await sleep(pauseMs); // the claim is about time that passes
    expect(await shown(page)).toBe(paused);
    expect(await shown(visit.liveButton)).toMatch(/^Paused, [\d,.k]+ new$/);
    await visit.page.keyboard.press('Space');
    await expect.poll(() => shown(page), soon).not.toBe(paused);
    await expect.poll(() => shown(visit.liveButton), soon).toMatch(/^Live/);
  });

  it('writes the same numbers on the map, in the panel and in the table', async () => {
    await visit.liveButton.click();
    await visit.node('shop-gateway').click();
    await expect.poll(() => visit.panelTitle, soon).toBe('shop-gateway');
    const card = await visit.card('shop-gateway');
    const [rate, notOk, p95] = await atRest(tiles);
    expect(card).toContain(`${p95} p95`);
    expect(card).toContain(rate);
    await visit.page.keyboard.press('t');
    const row = visit.page.getByRole('region', { name: /^Services/ }).getByRole('row', { name: /^shop-gateway / });
    await row.waitFor();
    const cells = await atRest(() => row.getByRole('cell').allInnerTexts());
    expect(cells.slice(0, 5).map(lastLine)).toEqual([rate, notOk, await percentile('p50'), p95, await percentile('p99')]);
  });

  it('is one stop for Tab; arrows reach every node, Enter opens, Esc closes and gives the focus back', async () => {
    const { keyboard } = visit.page;
    await visit.page.locator('button[title="Table (T)"]').focus();
    await keyboard.press('Tab');
    expect(await focused()).toBe(await visit.nodes.and(visit.page.locator('[tabindex="0"]')).getAttribute('data-node'));
    await keyboard.press('Tab');
    expect(await focused()).toBeNull();
    await keyboard.press('Shift+Tab');
    await keyboard.press('Home');
    const reached = new Set([await focused()]);
    for (let step = 1; step < shop.length; step++) {
      await keyboard.press('ArrowDown');
      reached.add(await focused());
    }
    expect(reached.size).toBe(shop.length);
    const last = await focused();
    await keyboard.press('Enter');
    await expect.poll(() => visit.page.evaluate('document.activeElement.id'), soon).toBe('panel-title');
    await keyboard.press('Escape');
    await visit.panel.waitFor({ state: 'detached' });
    expect(await focused()).toBe(last);
  });

  it('counts answers of 429 as throttle, and never as error', async () => {
    await visit.node('payments').click();
    await expect.poll(async () => (await visit.outcomes()).Throttle, untilBurst).toBeGreaterThan(0);
    expect((await visit.outcomes()).Error).toBe(0);
    await visit.panel.getByRole('button', { name: /^Call orders to payments/ }).click();
    await expect.poll(async () => (await visit.outcomes()).Throttle, soon).toBeGreaterThan(0);
    expect((await visit.outcomes()).Error).toBe(0);
  });

  it('keeps every node and the viewport where they are while the numbers move', async () => {
    await sleep(Math.max(0, still.sinceMs + stillMs - Date.now())); // the claim is about time that passes
    const { text, ...where } = await look();
    const { text: textBefore, sinceMs: _, ...whereBefore } = still;
    expect(where).toEqual(whereBefore);
    expect(text).not.toBe(textBefore);
    expect(await witness.page.evaluate('globalThis.layoutShift')).toBeLessThanOrEqual(mostLayoutShift);
  });

  it('wrote no error to the console, and broke no content security policy', () => {
    expect([...visit.problems, ...witness.problems]).toEqual([]);
  });

  /** One for each node, so that two of a name are seen. */
  async function labels(): Promise<string[]> {
    const all = await witness.nodes.evaluateAll((nodes) => nodes.map((node) => node.getAttribute('aria-label') ?? ''));
    return all.map((label) => label.split(', ')[0] ?? '');
  }

  async function look(): Promise<Look> {
    const layer = witness.page.getByRole('group', { name: 'Service map' }).locator('> div');
    const pairs = await witness.nodes.evaluateAll((nodes) =>
      nodes.map((node) => {
        const { x, y, width, height } = node.getBoundingClientRect();
        return [node.getAttribute('aria-label') ?? '', `${x} ${y} ${width} ${height}`] as const;
      }),
    );
    const places = new Map(pairs.map(([label, box]) => [label.split(', ')[0] ?? '', box]));
    return { places, viewport: await layer.getAttribute('style'), text: await shown(layer) };
  }

  /** Rate, share that was not ok, and p95, at the top of the panel. */
  async function tiles(): Promise<string[]> {
    const texts = ['Rate', 'Not ok', 'p95'].map((name) =>
      shown(
        visit.panel
          .getByRole('term')
          .filter({ hasText: new RegExp(`^${name}$`) })
          .first()
          .locator('xpath=following-sibling::dd[1]'),
      ),
    );
    return Promise.all(texts);
  }

  async function percentile(name: string): Promise<string> {
    const times = visit.panel.getByRole('region', { name: 'Response time' });
    return shown(times.getByRole('term').filter({ hasText: name }).locator('xpath=following-sibling::dd[1]'));
  }

  /** The node that has the focus; null when something else has it. */
  async function focused(): Promise<string | null> {
    return visit.page.evaluate(() => document.activeElement?.getAttribute('data-node') ?? null);
  }
});

/** In front of a share stands its state, for those who do not see its glyph. */
function lastLine(text: string): string | undefined {
  return text
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^(fault|error|throttle)/, '')
    .trim();
}
