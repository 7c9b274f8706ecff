/**
 * Every state of the first page, in both themes and on two screens: no accessibility rule of WCAG 2.2 AA is broken, and
 * nothing is wider than the screen. Leaves a picture of each in test/artifacts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { checkQuality, leave, qualityOptions } from './quality.js';

const demo = fileURLToPath(new URL('../../apps/demo/dist/main.js', import.meta.url));
const soon = { timeout: 30_000 };
const nodesOfShop = 11;

const screens = { desktop, phone };
const screenNames = ['desktop', 'phone'] as const;
interface PageState {
  state: string;
  path: string;
  ready: string;
  /** Leads from there to the state, and resolves when it is reached. */
  open?: (visit: Visit) => Promise<void>;
  isOverPage?: boolean;
}

const payments = encodeURIComponent('payments|AWS::EC2::Instance');
const filled: PageState[] = [
  { state: 'map', path: '/?view=map', ready: '[data-node]' },
  { state: 'panel', path: `/?view=map&node=${payments}`, ready: '#panel-title' },
  { state: 'call', path: '/?edge=orders%7CAWS%3A%3AECS%3A%3AContainer%3Epayments%7CAWS%3A%3AEC2%3A%3AInstance', ready: '#panel-title' },
  { state: 'table', path: '/?view=table', ready: '[data-row]' },
  { state: 'neighbourhood', path: `/?view=map&focus=${payments}`, ready: '[data-node]' },
  { state: 'groups', path: '/?view=map&by=account', ready: '[data-node]' },
  { state: 'menu', path: '/?view=map', ready: '[data-node]', open: openMenu },
  { state: 'keys', path: '/?view=map', ready: '[data-node]', open: pressing('?') },
  { state: 'window', path: '/?view=map', ready: '[data-node]', open: pressing('w'), isOverPage: true },
  { state: 'ingest', path: '/ingest', ready: 'section table' },
  { state: 'group', path: '/?view=map&group=carts', ready: '[data-node]' },
];

describe.skipIf(skipped)(`the quality of the first page${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let shop: ChildProcess | null = null;
  const visits = new Map<string, Visit>();

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    for (const screen of screenNames) {
      const options = { baseURL: standalone.httpUrl, viewport: screens[screen], ...qualityOptions };
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
    await checkQuality(visit, `empty-${screen}`);
  });

  it('has a shop to look at', async () => {
    const env = { ...process.env, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${standalone.xrayPort}`, FLUOROSCOPE_DEMO_RATE: '30' };
    shop = spawn(process.execPath, [demo], { env, stdio: 'ignore' });
    const visit = visitOf('desktop');
    await visit.page.goto('/');
    await expect.poll(() => visit.nodes.count(), soon).toBe(nodesOfShop);
    const group = { name: 'carts', expression: 'service("cart")' };
    await fetch(`${standalone.httpUrl}/api/groups`, { method: 'POST', body: JSON.stringify(group) });
    await leave(visit);
  });

  for (const { state, path, ready, open, isOverPage } of filled) {
    it.each(screenNames)(`is kept by the state ${state}, %s`, async (screen) => {
      const visit = visitOf(screen);
      await visit.page.goto(path);
      await visit.page.locator(ready).first().waitFor();
      await open?.(visit);
      await checkQuality(visit, `${state}-${screen}`, { isOverPage });
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

/** The focus brings it into view where the map does not show all of it. */
async function openMenu(visit: Visit): Promise<void> {
  await visit.node('payments').focus();
  await visit.node('payments').click({ button: 'right' });
  await visit.page.getByRole('menu').waitFor();
}

function pressing(key: string): (visit: Visit) => Promise<void> {
  return async ({ page }) => {
    await page.keyboard.press(key);
    await page.getByRole('dialog').waitFor();
  };
}
