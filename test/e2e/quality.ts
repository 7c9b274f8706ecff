/**
 * What holds for any page in any state, in both themes: no accessibility rule of WCAG 2.2 AA is broken, nothing is wider than
 * the screen, and no text is smaller than people read. Leaves a picture of each theme in test/artifacts.
 */
import axe from 'axe-core';
import { expect } from 'vitest';
import type { Visit } from './chromium.js';

const all: axe.RunOnly = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
/** Another theme is other colours, and nothing else. */
const colours: axe.RunOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
/** Rules that must have had something to look at; one that was never run proves nothing. */
const mustHaveRun = ['color-contrast', 'target-size', 'button-name'];
const leastTextPixels = 11;

/** For `Visit.begin`: the rules are run in the page, which its content security policy does not allow. */
export const qualityOptions = { bypassCSP: true, script: axe.source };

/** `isOverPage`: what is open lies over the page, and axe cannot tell which of the two a text stands on. */
export async function checkQuality(visit: Visit, name: string, { isOverPage = false } = {}): Promise<void> {
  const { page } = visit;
  await page.emulateMedia({ colorScheme: 'light' });
  await visit.screenshot(`${name}-light`);
  const light = await page.evaluate(runAxe, all);
  expect(light.violations).toEqual([]);
  expect(light.ran).toEqual(expect.arrayContaining(mustHaveRun.filter((rule) => !isOverPage || rule !== 'color-contrast')));
  await page.emulateMedia({ colorScheme: 'dark' });
  await visit.screenshot(`${name}-dark`);
  const dark = await page.evaluate(runAxe, colours);
  expect(dark.violations).toEqual([]);
  if (!isOverPage) expect(dark.ran).toContain('color-contrast');
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  expect(await page.evaluate(textsBelow, leastTextPixels)).toEqual([]);
  await leave(visit);
}

/** A page that nobody looks at would still draw ten times a second, and take that from the others. */
export async function leave({ page }: Visit): Promise<void> {
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
