/** What a page shows while the product is away, and that it finds back by itself. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { lost, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { segmentsOf } from './documents.js';

const soon = { timeout: 30_000 };

describe.skipIf(skipped)(`the page while the product is away${unless}`, () => {
  let first: Standalone;
  let second: Standalone | null = null;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    [first, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: first.httpUrl });
    visit.expected = lost;
    await visit.page.goto('/');
  });

  afterAll(async () => {
    await browser?.close();
    await second?.remove();
    await first?.remove();
  });

  it('says that it reconnects and keeps the last values when everything is killed', async () => {
    await first.sendDocuments(segmentsOf('survivor', [200, 200, 500]));
    await visit.node('survivor').click();
    await expect.poll(() => visit.outcomes(), soon).toMatchObject({ Ok: 2, Fault: 1 });
    await first.killTree();
    await expect.poll(() => shown(visit.liveButton), soon).toMatch(/^Reconnecting, attempt \d+$/);
    expect(await visit.panelTitle).toBe('survivor');
    expect(await visit.outcomes()).toMatchObject({ Ok: 2, Fault: 1 });
    expect(await visit.node('survivor').isVisible()).toBe(true);
  });

  it('shows the same again after a restart on the same port, without a click, and counts on', async () => {
    const { port } = new URL(first.httpUrl);
    const env = { FLUOROSCOPE_HTTP_PORT: port, FLUOROSCOPE_XRAY_PORT: String(first.xrayPort) };
    second = await Standalone.start({ folder: first.folder, env });
    await expect.poll(() => shown(visit.liveButton), soon).toMatch(/^Live/);
    await expect.poll(() => visit.outcomes(), soon).toMatchObject({ Ok: 2, Fault: 1 });
    await second.sendDocuments(segmentsOf('survivor', [200, 429]));
    await expect.poll(() => visit.outcomes(), soon).toMatchObject({ Ok: 3, Fault: 1, Throttle: 1 });
    expect(await visit.panelTitle).toBe('survivor');
    expect(await visit.nodes.count()).toBe(2);
  });

  it('wrote no error to the console but those of the lost connection', () => {
    expect(visit.problems).toEqual([]);
  });
});
