/**
 * Hours of live traffic in minutes: the pages' own stores are fed through a real socket, as fast as they take it, on a clock
 * of their own. Once every bound is full, nothing grows any more: not the heap, not the document, not what listens.
 */
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EndlessTraffic } from '../fixtures/endless-traffic.js';
import { skipped, startChromium, unless, Visit } from './chromium.js';

/** Of the pages' clock. `verify` lives two, `npm run soak` a working day. */
const hours = Number(process.env.FLUOROSCOPE_SOAK ?? 2);
/** The list holds 5,000 rows, which is the last of all bounds to be reached. */
const warmUpSeconds = 900;
/** The page's beats go so much faster than they should. */
const haste = 20;
const limitMs = 300_000 * Math.max(1, 2 * hours);
const mostBytesPerHour = 1_000_000;
/** What two forced collections of the same page differ by. */
const noiseBytes = 500_000;
const mostNodesShare = 0.02;

interface Size {
  heapBytes: number;
  nodes: number;
  listeners: number;
}

const pages = [
  { page: 'map', path: () => '/', ready: '[data-node]' },
  { page: 'traces', path: () => '/traces', ready: '[data-trace]' },
  { page: 'open trace', path: ({ openTraceId }: EndlessTraffic) => `/traces/${openTraceId}`, ready: '[data-row]' },
];

describe.skipIf(skipped)(`hours of live traffic${unless}`, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startChromium();
  });

  afterAll(async () => {
    await browser?.close();
  });

  it.each(pages)(
    'leave no trace in the page: $page',
    async ({ path, ready }) => {
      const traffic = new EndlessTraffic();
      const visit = await Visit.begin(browser, { baseURL: await traffic.start(), script: clockOf(traffic.nowMs) });
      const session = await visit.page.context().newCDPSession(visit.page);
      await visit.page.goto(path(traffic));
      await live(visit, traffic, 5);
      await visit.page.locator(ready).first().waitFor();
      await live(visit, traffic, warmUpSeconds);
      const before = await sizeOf(session);
      await live(visit, traffic, hours * 3_600 - warmUpSeconds);
      const after = await sizeOf(session);
      expect(after.heapBytes - before.heapBytes).toBeLessThan(noiseBytes + mostBytesPerHour * hours);
      expect(Math.abs(after.nodes - before.nodes)).toBeLessThanOrEqual(before.nodes * mostNodesShare);
      expect(after.listeners).toBeLessThanOrEqual(before.listeners * (1 + mostNodesShare));
      expect(visit.problems).toEqual([]);
      await visit.end();
      await traffic.stop();
    },
    limitMs,
  );
});

/** So many seconds by the traffic's clock, which the page's clock follows. */
async function live({ page }: Visit, traffic: EndlessTraffic, seconds: number): Promise<void> {
  for (let lived = 0; lived < seconds; lived++) {
    await page.evaluate((nowMs) => {
      (globalThis as unknown as { nowMs: number }).nowMs = nowMs;
    }, traffic.nowMs);
    await traffic.second();
  }
}

/** In the page, before any of its own code: a clock that stands where the test puts it, and hasty intervals. */
function clockOf(nowMs: number): string {
  return `{
    globalThis.nowMs = ${nowMs};
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor(...parts) { super(...(parts.length === 0 ? [globalThis.nowMs] : parts)); }
      static now() { return globalThis.nowMs; }
    };
    const { setInterval: interval } = globalThis;
    globalThis.setInterval = (does, ms) => interval(does, ms / ${haste});
  }`;
}

/** After the garbage is gone. */
async function sizeOf(session: CDPSession): Promise<Size> {
  for (let round = 0; round < 3; round++) await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  return { heapBytes: metric('JSHeapUsedSize'), nodes: metric('Nodes'), listeners: metric('JSEventListeners') };
}
