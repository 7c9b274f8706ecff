/** The style guide: what pages are made of, in both themes, and the contrast of every colour on what it stands on. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, phone, skipped, startChromium, unless, Visit } from './chromium.js';
import { checkQuality, qualityOptions } from './quality.js';

/** Every colour on every surface that it is allowed on. */
const leastPairs = 50;

describe.skipIf(skipped)(`the style guide${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl, ...qualityOptions });
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it('is shown only to those who ask for it', async () => {
    await visit.page.goto('/styleguide');
    await visit.page.getByRole('heading', { name: 'No page has this address' }).waitFor();
    await visit.page.goto('/?styleguide');
    await visit.page.getByRole('heading', { name: 'Style guide' }).waitFor();
  });

  it.each(['light', 'dark'] as const)('shows every text colour at 4.5 to 1 and every mark at 3 to 1, %s', async (colorScheme) => {
    await visit.page.emulateMedia({ colorScheme });
    const dark = colorScheme === 'dark';
    await expect.poll(() => visit.page.locator('[data-contrast^="--text on --bg0"]').evaluate(isLight)).toBe(dark);
    await visit.page.locator('[data-contrast]').first().waitFor();
    const pairs = await visit.page
      .locator('[data-contrast]')
      .evaluateAll((found) =>
        found.map((pair) => [pair.getAttribute('data-enough'), pair.getAttribute('data-contrast'), pair.textContent?.trim()]),
      );
    expect(pairs.filter(([enough]) => enough !== 'true')).toEqual([]);
    expect(pairs.length).toBeGreaterThan(leastPairs);
  });

  it.each([
    ['desktop', desktop],
    ['phone', phone],
  ] as const)('keeps its quality, %s', async (screen, viewport) => {
    await visit.page.setViewportSize(viewport);
    await visit.page.goto('/?styleguide');
    await visit.page.locator('[data-contrast]').first().waitFor();
    await checkQuality(visit, `styleguide-${screen}`);
  });

  it('wrote no error to the console', () => expect(visit.problems).toEqual([]));
});

/** In the page. Whether its text is light. */
function isLight(element: Element): boolean {
  return (getComputedStyle(element).color.match(/\d+/g) ?? []).map(Number).reduce((sum, part) => sum + part, 0) > 384;
}
