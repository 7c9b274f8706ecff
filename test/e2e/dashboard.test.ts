/** What holds for every page alike, under the traffic of the demo shop: one pass over all routes for each promise. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, lost, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';

const soon = { timeout: 30_000 };
const liveMs = 30_000;
/** Sum of all layout shifts, from the first paint on. */
const mostLayoutShift = 0.02;
const mostAnnouncements = 6;
const unknownTrace = '1-5f000000-000000000000000000000000';

/** Adds up what moves by itself, and counts what live regions say. */
const watch = `
  globalThis.layoutShift = 0;
  globalThis.shifted = [];
  new PerformanceObserver((list) => {
    for (const { value, startTime, sources } of list.getEntries()) {
      globalThis.layoutShift += value;
      const moved = sources.map(({ node, previousRect, currentRect }) =>
        (node?.outerHTML ?? node?.data ?? '').slice(0, 80) + ' ' + previousRect.x + ',' + previousRect.y + ' to ' + currentRect.x + ',' + currentRect.y);
      globalThis.shifted.push({ value, startTime, moved });
      globalThis.shifted = globalThis.shifted.sort((a, b) => b.value - a.value).slice(0, 3);
    }
  }).observe({ type: 'layout-shift', buffered: true });
  globalThis.announced = 0;
  addEventListener('DOMContentLoaded', () => {
    const isLive = (node) => (node instanceof Element ? node : node.parentElement)?.closest('[role="status"], [role="alert"], [aria-live]');
    new MutationObserver((changes) => { if (changes.some(({ target }) => isLive(target))) globalThis.announced++; })
      .observe(document.body, { subtree: true, childList: true, characterData: true });
  });
`;
/** Sockets of the page, to be cut as a network cuts them. */
const watchSockets = `
  globalThis.sockets = [];
  const Real = WebSocket;
  globalThis.WebSocket = class extends Real { constructor(...args) { super(...args); globalThis.sockets.push(this); } };
`;

const links = [
  { path: '/:panel&q=pay', there: '#panel-title' },
  { path: '/?view=table&:window', there: 'main tbody tr' },
  { path: '/traces?:window&where=outcome:fault&sort=-duration&columns=status~traceId&facets=shown&strip=table', there: 'main table' },
  { path: '/traces/:trace?view=timeline', there: 'main h1' },
];

interface Watched {
  layoutShift: number;
  /** The largest of them, and what moved. */
  shifted: unknown;
  announced: number;
  sockets: WebSocket[];
}

interface PageUnderTest {
  path: () => string;
  /** Something that only data can have drawn. */
  ready: string;
}

describe.skipIf(skipped)(`every page of the dashboard${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let traceId = '';
  /** The address of a node's panel. */
  let panel = '';

  const pages: Record<string, PageUnderTest> = {
    map: { path: () => '/', ready: '[data-node], main tbody tr' },
    'map as a table': { path: () => '/?view=table', ready: 'main tbody tr' },
    'node panel': { path: () => `/${panel}`, ready: '#panel-title' },
    traces: { path: () => '/traces', ready: '[data-trace]' },
    trace: { path: () => `/traces/${traceId}`, ready: '[data-row]' },
    ingest: { path: () => '/ingest', ready: 'main dl, main table' },
  };
  const names = Object.keys(pages);

  beforeAll(async () => {
    const demo = Standalone.start({ args: ['--demo'], env: { FLUOROSCOPE_DEMO_RATE: '30' } });
    [standalone, browser] = await Promise.all([demo, startChromium()]);
    while (traceId === '') {
      await sleep(200);
      traceId = await someTrace();
    }
    const visit = await visitTo('/', '[data-node]');
    await visit.node('payments').click();
    await visit.page.waitForURL(/[?&]node=/);
    panel = new URL(visit.page.url()).search;
    await visit.end();
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it.each([
    ['desktop', desktop],
    ['phone', phone],
  ] as const)('stays where it is from the first paint on, over 30 s live, and tells a screen reader little: %s', async (_, viewport) => {
    const visits = await Promise.all(names.map((name) => open(name, { viewport, script: watch })));
    await sleep(liveMs); // the claim is about time that passes
    for (const [at, { page, problems }] of visits.entries()) {
      const { layoutShift, shifted, announced } = await page.evaluate(watched);
      expect(
        { page: names[at], problems, isStill: layoutShift <= mostLayoutShift },
        `${names[at]} shifted by ${layoutShift}: ${JSON.stringify(shifted)}`,
      ).toEqual({
        page: names[at],
        problems: [],
        isStill: true,
      });
      expect(announced, `${names[at]}: announcements`).toBeLessThanOrEqual(mostAnnouncements);
    }
    await Promise.all(visits.map((visit) => visit.end()));
  });

  it.each(names)('says that the connection is lost, keeps what it shows, and comes back by itself: %s', async (name) => {
    const visit = await open(name, { script: watchSockets });
    visit.expected = lost;
    const before = await shown(visit.page.getByRole('heading', { level: 1 }));
    const count = await visit.page.locator(ready(name)).count();
    await visit.page.context().setOffline(true);
    await visit.page.evaluate(() => {
      for (const socket of (globalThis as unknown as Watched).sockets) socket.close();
    });
    await expect.poll(() => shown(visit.liveButton), soon).toMatch(/^Reconnecting/);
    // At least: rows that were on their way when the connection was cut may have arrived.
    expect(await visit.page.locator(ready(name)).count()).toBeGreaterThanOrEqual(count);
    await visit.page.context().setOffline(false);
    await expect.poll(() => shown(visit.liveButton), soon).toMatch(/^Live/);
    expect(await shown(visit.page.getByRole('heading', { level: 1 }))).toBe(before);
    const rows = await visit.page.locator('[data-trace]').evaluateAll((all) => all.map((row) => row.getAttribute('data-trace')));
    expect(new Set(rows).size).toBe(rows.length);
    expect(visit.problems).toEqual([]);
    await visit.end();
  });

  it.each([
    '/nothing/here',
    '/traces/not-a-trace',
    `/traces/${unknownTrace}`,
    `/traces?row=${unknownTrace}&at=${unknownTrace}`,
    '/traces?where=nonsense&sort=-nothing&columns=%25%25&min=-1&from=tomorrow&to=yesterday',
    '/?node=nobody%7C%7C&edge=%7C&view=cube&group=%00&last=0s&focus=%E0%A4%A',
    '/?from=1&to=2',
  ])('answers a strange link with words, and without an error of its own: %s', async (path) => {
    const visit = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    // That nobody knows a trace is said with status 404, which a browser writes to its console.
    visit.expected = /status of 40[04]/;
    await visit.page.goto(path);
    await visit.page.getByRole('heading', { level: 1 }).waitFor();
    await expect.poll(async () => (await shown(visit.page.getByRole('main'))).length, soon).toBeGreaterThan(20);
    expect(visit.problems).toEqual([]);
    await visit.end();
  });

  it.each(links)('is the same for a colleague who opens its address: $path', async ({ path, there }) => {
    // Of time that is over and stored, so that nothing changes between two looks.
    const instant = (ms: number) => new Date(ms).toISOString();
    const over = new URLSearchParams({ from: instant(Date.now() - 50_000), to: instant(Date.now() - 20_000) });
    const first = await visitTo(path.replace(':trace', traceId).replace(':panel', panel).replace(':window', String(over)), there);
    const second = await visitTo(first.page.url(), there);
    expect(new URL(second.page.url()).search).toBe(new URL(first.page.url()).search);
    await expect.poll(async () => isDeepStrictEqual(await choicesOf(second), await choicesOf(first)), soon).toBe(true);
    expect([...first.problems, ...second.problems]).toEqual([]);
    await Promise.all([first.end(), second.end()]);
  });

  function ready(name: string): string {
    return pages[name]?.ready ?? 'main';
  }

  function open(name: string, options: BrowserContextOptions & { script?: string }): Promise<Visit> {
    return visitTo(pages[name]?.path() ?? '/', ready(name), options);
  }

  async function visitTo(path: string, there: string, options: BrowserContextOptions & { script?: string } = {}): Promise<Visit> {
    const visit = await Visit.begin(browser, { baseURL: standalone.httpUrl, ...options });
    await visit.page.goto(path);
    await visit.page.locator(there).first().waitFor(soon);
    return visit;
  }

  async function someTrace(): Promise<string> {
    const to = Date.now() / 1_000;
    const response = await fetch(`${standalone.httpUrl}/api/traces?from=${to - 300}&to=${to}&limit=1`);
    if (!response.ok) return '';
    return ((await response.json()) as { rows: Array<{ traceId: string }> }).rows[0]?.traceId ?? '';
  }
});

/** In the page. */
function watched(): Omit<Watched, 'sockets'> {
  const { layoutShift, shifted, announced } = globalThis as unknown as Watched;
  return { layoutShift, shifted, announced };
}

/** What is chosen on the page: pressed, selected, filled in, and what the headings say. */
async function choicesOf({ page }: Visit): Promise<string[]> {
  return page.evaluate(() =>
    [
      ...document.querySelectorAll<HTMLElement>(
        'main [aria-pressed="true"], main [aria-sort]:not([aria-sort="none"]), h1, h2, main input:not([type="range"])',
      ),
    ].map((element) =>
      element instanceof HTMLInputElement ? `${element.ariaLabel} ${element.value}` : `${element.tagName} ${element.textContent}`,
    ),
  );
}
