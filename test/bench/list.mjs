/**
 * The trace list in a real Chromium: until the first row is there, what scrolling through 1,000 rows costs a frame, and what
 * live rows cost the page in a second.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { figure } from './figures.mjs';
import { Product, post } from './product.mjs';

const executablePath = process.env.FLUOROSCOPE_CHROMIUM ?? '/usr/bin/chromium';
const storedRows = 1_000;
const documentsPerPost = 50;
const storedLimitMs = 30_000;
const livePerSecond = 50;
const liveSeconds = 10;

export async function measure({ say }) {
  if (!existsSync(executablePath)) {
    say(`no Chromium at ${executablePath}`);
    return { figures: [], wrong: [] };
  }
  const product = await Product.start();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  try {
    await send(product, storedRows);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const total = await stored(product);
    const firstRowMs = await open(page, `${product.httpUrl}/traces`);
    const { p95, rows } = await page.evaluate(scroll, storedRows);
    const liveMs = await live(page, product);
    const wrong = total === storedRows && rows === storedRows ? [] : [`list: ${total} traces stored and ${rows} shown of ${storedRows}`];
    return { figures: figuresOf(firstRowMs, p95, liveMs), wrong };
  } finally {
    await browser.close();
    await product.stop();
  }
}

function figuresOf(firstRowMs, p95, liveMs) {
  return [
    figure('trace list, from the address to the first row', firstRowMs, { unit: 'ms', digits: 0, most: 1_200 }),
    figure(`trace list, frame while scrolling ${storedRows} rows, p95`, p95, { unit: 'ms', most: 25 }),
    figure(`trace list, main thread with ${livePerSecond} new rows/s`, liveMs, { unit: 'ms/s', digits: 0, most: 150 }),
  ];
}

async function send(product, count) {
  for (let sent = 0; sent < count; sent += documentsPerPost) {
    const documents = Array.from({ length: Math.min(documentsPerPost, count - sent) }, segment);
    await post(`${product.httpUrl}/TraceSegments`, { TraceSegmentDocuments: documents });
  }
}

function segment() {
  const end = Date.now() / 1_000;
  const hex = (bytes) => randomBytes(bytes).toString('hex');
  return JSON.stringify({
    name: 'list',
    id: hex(8),
    trace_id: `1-${Math.floor(end).toString(16)}-${hex(12)}`,
    start_time: end - 0.01 - Math.random(),
    end_time: end,
    http: { request: { method: 'GET', url: `http://list/items/${hex(1)}` }, response: { status: 200 } },
    annotations: { tier: hex(1).slice(0, 1) },
  });
}

async function stored(product) {
  const deadline = performance.now() + storedLimitMs;
  let total = 0;
  while (total < storedRows && performance.now() < deadline) {
    const to = Date.now() / 1_000 + 5;
    const response = await fetch(`${product.httpUrl}/api/traces?from=${to - 300}&to=${to}&limit=1`);
    total = (await response.json()).total;
    await sleep(200);
  }
  return total;
}

async function open(page, url) {
  const beganMs = performance.now();
  await page.goto(url);
  await page.locator('[data-trace]').first().waitFor();
  return performance.now() - beganMs;
}

/** In the page. To the last row, a quarter of a screen a frame; older pages come on the way. */
async function scroll(wanted) {
  const grid = document.querySelector('[role="grid"]');
  const scroller = grid.parentElement;
  const frames = [];
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < 2_000; frame++) {
    scroller.scrollTop += 150;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
    const shown = grid.querySelectorAll(`[aria-rowindex="${wanted + 1}"]`).length > 0;
    if (shown) break;
  }
  frames.sort((left, right) => left - right);
  const rows = Math.max(...[...grid.querySelectorAll('[data-trace]')].map((row) => Number(row.getAttribute('aria-rowindex')) - 1));
  scroller.scrollTop = 0;
  return { p95: frames[Math.floor(frames.length * 0.95)], rows };
}

/** Milliseconds of the main thread for a second of live rows. */
async function live(page, product) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const taskSeconds = async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
  const before = await taskSeconds();
  for (let second = 0; second < liveSeconds; second++) {
    const next = sleep(1_000);
    await send(product, livePerSecond);
    await next;
  }
  return ((await taskSeconds()) - before) * (1_000 / liveSeconds);
}
