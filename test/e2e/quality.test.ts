/**
 * Every state of the first page, in both themes and on two screens: no accessibility rule of WCAG 2.2 AA is broken, and
 * nothing is wider than the screen. Leaves a picture of each in test/artifacts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';

const demo = fileURLToPath(new URL('../../apps/demo/dist/main.js', import.meta.url));
const soon = { timeout: 30_000 };
const all: axe.RunOnly = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
/** Another theme is other colours, and nothing else. */
const colours: axe.RunOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
/** Rules that must have had something to look at; one that was never run proves nothing. */
const mustHaveRun = ['color-contrast', 'target-size', 'button-name'];
const leastTextPixels = 11;
const nodesOfShop = 11;

const screens = { desktop, phone };
const screenNames = ['desktop', 'phone'] as const;
const filled = [
  { state: 'map', path: '/?view=map', ready: '[data-node]' },
  { state: 'panel', path: '/?view=map&node=payments%7CAWS%3A%3AEC2%3A%3AInstance', ready: '#panel-title' },
  { state: 'call', path: '/?edge=orders%7CAWS%3A%3AECS%3A%3AContainer%3Epayments%7CAWS%3A%3AEC2%3A%3AInstance', ready: '#panel-title' },
  { state: 'table', path: '/?view=table', ready: '[data-row]' },
  { state: 'ingest', path: '/ingest', ready: 'section table' },
];

describe.skipIf(skipped)(`the quality of the first page${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let shop: ChildProcess | null = null;
  const visits = new Map<string, Visit>();

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    for (const screen of screenNames) {
      const options = { baseURL: standalone.httpUrl, viewport: screens[screen], bypassCSP: true, script: axe.source };
      visits.set(screen, await Visit.begin(browser, options));
    }
  });

  afterAll(async () => {
    shop?.kill('SIGKILL');
    await browser?.close();
    await standalone?.remove();
  });

  it.each(screenNames)('is kept by the empty page, %s', async (screen) => {
    const visit = visitOf(screen);
    await visit.page.goto('/');
    await expect.poll(() => shown(visit.page.locator('dl')), soon).toMatch(/Received\n+0\n/);
    await check(visit, `empty-${screen}`);
  });

  it('has a shop to look at', async () => {
    const env = { ...process.env, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${standalone.xrayPort}`, FLUOROSCOPE_DEMO_RATE: '30' };
    shop = spawn(process.execPath, [demo], { env, stdio: 'ignore' });
    const visit = visitOf('desktop');
    await visit.page.goto('/');
    await expect.poll(() => visit.nodes.count(), soon).toBe(nodesOfShop);
    await leave(visit);
  });

  for (const { state, path, ready } of filled) {
    it.each(screenNames)(`is kept by the state ${state}, %s`, async (screen) => {
      const visit = visitOf(screen);
      await visit.page.goto(path);
      await visit.page.locator(ready).first().waitFor();
      await check(visit, `${state}-${screen}`);
    });
  }

  it('wrote no error to the console', () => {
    expect([...visits.values()].flatMap(({ problems }) => problems)).toEqual([]);
  });

  function visitOf(screen: string): Visit {
    const visit = visits.get(screen);
    if (visit === undefined) throw new Error(`no visit for ${screen}`);
    return visit;
  }
});

async function check(visit: Visit, name: string): Promise<void> {
  const { page } = visit;
  await page.emulateMedia({ colorScheme: 'light' });
  await visit.screenshot(`${name}-light`);
  const light = await page.evaluate(runAxe, all);
  expect(light.violations).toEqual([]);
  expect(light.ran).toEqual(expect.arrayContaining(mustHaveRun));
  await page.emulateMedia({ colorScheme: 'dark' });
  await visit.screenshot(`${name}-dark`);
  const dark = await page.evaluate(runAxe, colours);
  expect(dark.violations).toEqual([]);
  expect(dark.ran).toContain('color-contrast');
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  expect(await page.evaluate(textsBelow, leastTextPixels)).toEqual([]);
  await leave(visit);
}

/** A page that nobody looks at would still draw ten times a second, and take that from the others. */
async function leave({ page }: Visit): Promise<void> {
  await page.goto('about:blank');
}

/** In the page. One line for each violation, and the rules that found something to judge. */
async function runAxe(rules: axe.RunOnly): Promise<{ violations: string[]; ran: string[] }> {
  const { axe: injected } = globalThis as unknown as { axe: typeof axe };
  const results = await injected.run(document, { runOnly: rules, resultTypes: ['violations'] });
  return {
    violations: results.violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)),
    ran: [...results.passes, ...results.violations].map(({ id }) => id),
  };
}

/** In the page. Text that is smaller on the screen than people read; what only a screen reader reads does not count. */
function textsBelow(leastPixels: number): string[] {
  const found: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.nodeValue?.trim() ?? '';
    if (element === null || text === '' || element.closest('.visually-hidden, script, style') !== null) continue;
    const box = element.getBoundingClientRect();
    const scale = element.closest('[data-node]') === null ? 1 : box.width / Math.max(1, (element as HTMLElement).offsetWidth);
    const pixels = Number.parseFloat(getComputedStyle(element).fontSize) * scale;
    if (pixels < leastPixels - 0.05) found.push(`${text}: ${pixels.toFixed(1)} px`);
  }
  return found;
}
