/** From a trace to what caused it and back, and the messages between as a line of the map. */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { shown, skipped, startChromium, unless, Visit } from './chromium.js';

const soon = { timeout: 30_000 };
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/111111111111/orders';
const now = Math.floor(Date.now() / 1000);

const traceId = (n: number) => `1-${now.toString(16)}-${String(n).padStart(24, '0')}`;
const id = (n: number) => String(n).padStart(16, '0');

/** Sends a message within 0.2 s, so many seconds ago. */
function sender(n: number, secondsAgo: number): SegmentDocument {
  const start = now - secondsAgo;
  const aws = { operation: 'SendMessage', queue_url: queueUrl };
  const call = { id: id(2), name: 'SQS', namespace: 'aws', start_time: start + 0.1, end_time: start + 0.2, aws };
  return { trace_id: traceId(n), id: id(1), name: `shop-${n}`, start_time: start, end_time: start + 0.3, subsegments: [call] };
}

const receiver: SegmentDocument = {
  trace_id: traceId(3),
  id: id(1),
  name: 'ship',
  origin: 'AWS::Lambda',
  start_time: now - 10,
  end_time: now - 9,
  links: [1, 2].map((n) => ({ trace_id: traceId(n), id: id(2) })),
};

describe.skipIf(skipped)(`links between traces${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await standalone.sendDocuments([receiver, sender(1, 20), sender(2, 15)].map((document) => JSON.stringify(document)));
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it('lead from what received a batch to each message, and back', async () => {
    const { page } = visit;
    for (const n of [1, 2, 3])
      await expect.poll(async () => (await page.request.get(`/api/traces/${traceId(n)}`)).status(), soon).toBe(200);
    await page.goto(`/traces/${receiver.trace_id}`);
    await page.locator('summary', { hasText: '2 traces' }).click();
    const first = page.getByRole('link', { name: /shop-1.*orders.*9\.80 s before/ });
    await first.click();
    await expect.poll(() => page.url(), soon).toContain(`/traces/${traceId(1)}?row=${id(2)}`);
    await page.getByRole('link', { name: /^ship ?, 9\.80 s later/ }).click();
    await expect.poll(() => shown(page.getByRole('heading', { level: 1 })), soon).toBe('ship');
    await page.goBack();
    await expect.poll(() => shown(page.getByRole('heading', { level: 1 })), soon).toMatch(/^shop-1/);
  });

  it('are messages on the map, with their number and age', async () => {
    await visit.page.goto(`/?edge=${encodeURIComponent(`${queueUrl}|AWS::SQS::Queue>>ship|AWS::Lambda`)}`);
    await expect.poll(() => shown(visit.panel.locator('.tiles')), soon).toMatch(/Received\n2\nAge p95\n9\.\d+ s/);
    await visit.panel.getByRole('button', { name: 'ship' }).click();
    await visit.panel
      .getByRole('region', { name: 'Messages from' })
      .getByRole('button', { name: /^Messages from .*orders to ship/ })
      .waitFor();
  });

  it('wrote no error to the console, and broke no content security policy', () => {
    expect(visit.problems).toEqual([]);
  });
});
