/** What the trace page says while not all is there: nothing yet, a part, an error, something old; and what it holds back. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { openTrace, richTrace, type TraceDocuments } from '../fixtures/trace-documents.js';
import { atRest, shown, skipped, startChromium, unless, Visit } from './chromium.js';

const soon = { timeout: 30_000 };
/** Longer than a step of the axis takes to come round again. */
const heldMs = 2_500;
const traceRequests = '**/api/traces/1-*';

describe.skipIf(skipped)(`the states of the trace page${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;
  const rich = richTrace(31, Date.now() / 1000 - 120);

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await send(rich.documents);
    await standalone.settled();
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it('fills in by itself when it was opened before the trace arrived', async () => {
    visit.expected = /404/;
    const late = richTrace(32, Date.now() / 1000 - 2);
    await visit.page.goto(`/traces/${late.traceId}`);
    await visit.page.getByRole('heading', { name: 'Nothing is known of this trace' }).waitFor();
    await send(late.documents);
    await expect.poll(() => rows().count(), soon).toBe(15);
    visit.expected = null;
  });

  it('says how much of a trace that is too large it shows', async () => {
    await answering(async (answer) => ({ ...answer, headers: { ...answer.headers, 'x-fluoroscope-documents': '61234' } }));
    await open(rich);
    await expect.poll(() => shown(visit.page.getByRole('note'))).toMatch(/Showing the earliest \d+ of 61,234 documents/);
    await visit.page.unroute(traceRequests);
  });

  it('says what went wrong when nothing could be read, and reads again when asked', async () => {
    visit.expected = /503/;
    await answering(async () => ({ status: 503, headers: {}, body: '{"message":"Storage is starting.","code":"unavailable"}' }));
    await visit.page.goto(`/traces/${rich.traceId}`);
    await visit.page.getByText('The trace could not be read').waitFor();
    expect(await shown(visit.page.getByRole('main'))).toMatch(/Storage is starting/);
    await visit.page.unroute(traceRequests);
    await visit.page.getByRole('button', { name: /again|Retry/ }).click();
    await rows().first().waitFor(soon);
    visit.expected = null;
  });

  it('keeps what it has when it cannot be read again, and says that it may be old', async () => {
    visit.expected = /503/;
    await open(rich);
    await answering(async () => ({ status: 503, headers: {}, body: '{"message":"Storage is away.","code":"unavailable"}' }));
    await visit.liveButton.click();
    await visit.liveButton.click();
    await expect.poll(() => shown(visit.page.getByRole('note')), soon).toMatch(/Storage is away\. What is shown may be old/);
    expect(await rows().count()).toBe(15);
    await visit.page.unroute(traceRequests);
    await visit.page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => visit.page.getByText('may be old').count(), soon).toBe(0);
    visit.expected = null;
  });

  it('holds back rows that would move what is read, until they are asked for', async () => {
    const late = richTrace(33, Date.now() / 1000 - 120);
    const [front, ...others] = late.documents;
    await send(front === undefined ? [] : [front]);
    await standalone.settled();
    await open(late);
    const before = await atRest(names);
    await rows().nth(1).focus();
    await send(others);
    await visit.page.getByRole('button', { name: /^\d+ new rows$/ }).waitFor(soon);
    expect(await names()).toEqual(before);
    await visit.page.getByRole('button', { name: /^\d+ new rows$/ }).click();
    await expect.poll(() => rows().count(), soon).toBe(15);
    expect(await visit.page.getByRole('button', { name: /new rows$/ }).count()).toBe(0);
  });

  it('keeps the axis of what grows still under the pointer', async () => {
    const growing = openTrace(34, Date.now() / 1000 - 0.3, false);
    await send(growing.documents);
    await standalone.settled();
    await open(growing);
    const ticks = () => visit.page.locator('.axis .tick').allInnerTexts();
    const tip = () => shown(rows().first().locator('.duration'));
    await rows().first().locator('.timeline').hover();
    const [axis, duration] = [await ticks(), await tip()];
    await visit.page.waitForTimeout(heldMs);
    expect([await ticks(), await tip()]).toEqual([axis, expect.not.stringMatching(duration)]);
    await visit.page.mouse.move(5, 5);
    await expect.poll(ticks, soon).not.toEqual(axis);
  });

  it('wrote no error to the console', () => {
    expect(visit.problems).toEqual([]);
  });

  /** What the page is answered instead of what the product says. */
  async function answering(change: (answer: Answered) => Promise<Answered>): Promise<void> {
    await visit.page.route(traceRequests, async (route) => {
      const response = await route.fetch();
      const answer = await change({ status: response.status(), headers: response.headers(), body: await response.text() });
      await route.fulfill(answer);
    });
  }

  async function send(documents: TraceDocuments['documents']): Promise<void> {
    const { status, unprocessed } = await standalone.put(documents.map((document) => JSON.stringify(document)));
    expect([status, unprocessed]).toEqual([200, []]);
  }

  async function open({ traceId }: TraceDocuments): Promise<void> {
    await visit.page.goto(`/traces/${traceId}`);
    await rows().first().waitFor(soon);
  }

  function rows() {
    return visit.page.locator('tr[data-row]');
  }

  async function names(): Promise<string[]> {
    return rows().locator('.text').allInnerTexts();
  }
});

interface Answered {
  status: number;
  headers: Record<string, string>;
  body: string;
}
