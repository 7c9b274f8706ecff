/**
 * The window and the time machine: a range that is chosen or typed, any stored moment, played forward, and back to now in one key;
 * and that the address is all of it.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { segmentOf } from './documents.js';
import { checkQuality, qualityOptions } from './quality.js';

const soon = { timeout: 30_000 };
/** How long ago the requests were, in seconds: one a minute, so that every minute of the past looks different. */
const ages = Array.from({ length: 40 }, (_, index) => 120 + index * 60);

/** A request that ended so long ago. */
function past(ageSeconds: number): string {
  const document = JSON.parse(segmentOf({ name: 'archive', status: 200, durationSeconds: 0.05 }));
  const at = (seconds: number) => seconds - ageSeconds;
  return JSON.stringify({ ...document, start_time: at(document.start_time), end_time: at(document.end_time) });
}

describe.skipIf(skipped)(`the time machine${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl, ...qualityOptions });
    await standalone.sendDocuments(ages.map(past));
    await standalone.settled();
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  const machine = () => visit.page.getByRole('region', { name: 'Time machine' });
  const handle = () => machine().getByRole('slider', { name: 'Moment' });
  const to = () => Date.parse(new URL(visit.page.url()).searchParams.get('to') ?? '') / 1_000;
  const total = async () => (await visit.outcomes()).Ok;

  async function openPast(): Promise<void> {
    await visit.page.goto('/?view=map&last=1h');
    await visit.node('archive').click();
    await expect.poll(total, soon).toBe(ages.length);
    await visit.page.goto(await machineAddress());
    await expect.poll(() => visit.panelTitle, soon).toBe('archive');
    await expect.poll(() => shown(visit.liveButton), soon).toBe('Back to live');
  }

  /** Ten minutes that ended half an hour ago: ten requests. */
  async function machineAddress(): Promise<string> {
    const end = Math.floor(Date.now() / 60_000) * 60 - 1_500;
    const { searchParams } = new URL(visit.page.url());
    const node = searchParams.get('node') ?? '';
    return `/?${new URLSearchParams({ view: 'map', node, from: new Date((end - 600) * 1_000).toISOString(), to: new Date(end * 1_000).toISOString() })}`;
  }

  it('shows the range that was typed, and the one of a button', async () => {
    await visit.page.goto('/?view=map');
    await visit.page.getByRole('main').focus();
    const dialog = visit.page.getByRole('dialog', { name: 'Time range' });
    await expect
      .poll(async () => {
        // A page that is still starting does not hear keys yet.
        if (!(await dialog.isVisible())) await visit.page.keyboard.press('w');
        return dialog.isVisible();
      }, soon)
      .toBe(true);
    await dialog.getByRole('textbox').fill('nonsense');
    await expect.poll(() => shown(dialog.getByRole('status'))).toContain('Not understood');
    await dialog.getByRole('textbox').fill('last 40m');
    await visit.page.keyboard.press('Enter');
    await expect.poll(() => new URL(visit.page.url()).searchParams.get('last')).toBe('40m');
    await visit.page.locator('#window').click();
    await dialog.getByRole('button', { name: 'Last 1 hour' }).click();
    await expect.poll(() => new URL(visit.page.url()).searchParams.get('last')).toBe('1h');
    expect(await visit.page.locator('#window').evaluate((button) => button === document.activeElement)).toBe(true);
  });

  it('shows what was stored then, and the address opened by somebody else shows the same', async () => {
    await openPast();
    await expect.poll(total, soon).toBe(10);
    const other = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await other.page.goto(visit.page.url());
    await expect.poll(() => other.panelTitle, soon).toBe('archive');
    await expect.poll(() => other.outcomes(), soon).toEqual(await visit.outcomes());
    expect(await shown(other.page.locator('#window'))).toBe(await shown(visit.page.locator('#window')));
    expect(other.problems).toEqual([]);
    await other.end();
  });

  it('scrubs by the keys of a slider, ten seconds a step', async () => {
    await openPast();
    const before = to();
    await handle().focus();
    for (let step = 0; step < 6; step++) await visit.page.keyboard.press('ArrowLeft');
    await expect.poll(to, soon).toBe(before - 60);
    await expect.poll(total, soon).toBe(10);
    expect(await handle().getAttribute('aria-valuetext')).toMatch(/ago$/);
  });

  it.each([1, 100])('plays on at %s times the pace of time, and stops', async (speed) => {
    await openPast();
    const before = to();
    await machine().getByRole('combobox', { name: 'Speed' }).selectOption(`${speed}`);
    const startedMs = Date.now();
    await machine().getByRole('button', { name: 'Play from here' }).click();
    await expect.poll(to, soon).toBeGreaterThanOrEqual(before + (speed === 1 ? 10 : 120));
    await machine().getByRole('button', { name: 'Stop playing' }).click();
    const elapsedSeconds = (Date.now() - startedMs) / 1_000;
    const stopped = to();
    // It waits for rows, so it may be slower; it is never faster.
    expect(stopped - before).toBeLessThanOrEqual((elapsedSeconds + 1) * speed + 60);
    expect(await handle().getAttribute('max')).not.toBe(`${stopped}`);
  });

  it.each([
    ['the page', () => visit.page.getByRole('main')],
    ['the handle', handle],
  ])('is live again with L on %s, and where it was', async (_, focused) => {
    await openPast();
    await focused().focus();
    await visit.page.keyboard.press('l');
    await expect.poll(() => shown(visit.liveButton), soon).toMatch(/^Live/);
    expect(new URL(visit.page.url()).searchParams.get('to')).toBeNull();
    await expect.poll(() => visit.panelTitle).toBe('archive');
  });

  it.each([
    ['/nowhere', 'No page has this address'],
    ['/traces/1-00000000-000000000000000000000000', 'Nothing is known of this trace'],
    ['/traces/%3Cscript%3E', 'This is no trace ID'],
  ])('an unknown link, %s, says so and offers the search', async (path, words) => {
    visit.expected = /status of 404/;
    await visit.page.goto(path);
    await visit.page.getByRole('heading', { name: words }).waitFor();
    await visit.page.locator('#search').fill('archive');
    visit.expected = null;
  });

  it.each([
    ['desktop', desktop],
    ['phone', phone],
  ] as const)('keeps its quality in the past, %s', async (screen, viewport) => {
    await openPast();
    const { searchParams } = new URL(visit.page.url());
    const range = new URLSearchParams({ from: searchParams.get('from') ?? '', to: searchParams.get('to') ?? '' });
    await visit.page.setViewportSize(viewport);
    for (const [state, path] of [
      ['map', `/?view=map&${range}`],
      ['table', `/?view=table&${range}`],
    ] as const) {
      await visit.page.goto(path);
      await machine().waitFor();
      await visit.page.locator('[data-node], [data-row]').first().waitFor({ state: 'attached' });
      expect(await visit.page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0);
      await checkQuality(visit, `past-${state}-${screen}`);
    }
    await visit.page.setViewportSize(desktop);
  });

  it('runs no animation for those who want none, and data goes on', async () => {
    await visit.page.emulateMedia({ reducedMotion: 'reduce' });
    await openPast();
    const moving = await visit.page.evaluate(
      () =>
        document.getAnimations().filter(({ playState, effect }) => playState === 'running' && effect?.getComputedTiming().duration !== 0)
          .length,
    );
    expect(moving).toBe(0);
    await expect.poll(total, soon).toBe(10);
    await visit.page.emulateMedia({ reducedMotion: null });
  });

  it('wrote no error to the console', () => expect(visit.problems).toEqual([]));
});
