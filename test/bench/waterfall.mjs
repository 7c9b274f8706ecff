/**
 * A trace of 50,000 rows on its page, in headless Chromium without a GPU: from the bytes to the first rows, then scrolling,
 * folding and finding. Without a browser there is nothing to measure, and it says so.
 */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { figure, median, percentile } from './figures.mjs';
import { Product, post } from './product.mjs';

const executablePath = process.env.FLUOROSCOPE_CHROMIUM ?? '/usr/bin/chromium';
const rows = 50_000;
/** As most traces that are called large. */
const fewRows = 1_000;
const rowsOfDocument = 250;
const documentsOfPut = 50;
const runs = 5;
const frames = 120;
const scrollPixels = 613;
const storedLimitMs = 60_000;

export async function measure({ say }) {
  if (!existsSync(executablePath)) {
    say(`there is no browser at ${executablePath}; FLUOROSCOPE_CHROMIUM names another`);
    return { figures: [], wrong: [] };
  }
  const product = await Product.start();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  try {
    const addressOf = async (count) => `${product.httpUrl}/traces/${await sendTrace(product, count)}`;
    const [large, small] = [await addressOf(rows), await addressOf(fewRows)];
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    return { figures: [await measureSmall(page, small), ...(await measurePage(page, large, say))], wrong: [] };
  } finally {
    await browser.close();
    await product.stop();
  }
}

/** With the page's own code and the reading of the trace, as after a click on a link to it. */
async function measureSmall(page, address) {
  const openings = [];
  for (let run = 0; run < runs; run++) {
    await page.goto('about:blank');
    const startMs = performance.now();
    await page.goto(address);
    await page.locator('tr[data-row]').first().waitFor();
    openings.push(performance.now() - startMs);
  }
  return figure('1,000-row trace, address to first rows', median(openings), { unit: 'ms', digits: 0, most: 1200 });
}

async function measurePage(page, address, say) {
  const openings = [];
  for (let run = 0; run < 3; run++) openings.push(await openingMs(page, address));
  await page.goto(`${address}?depth=all`);
  await page.locator('tr[data-row]').first().waitFor();
  const mounted = [];
  const frameMs = await page.evaluate(scrollFrames, { frames, scrollPixels });
  mounted.push(await page.locator('tr[data-row]').count());
  const foldMs = await page.evaluate(foldRoot, runs);
  const findMs = await page.evaluate(findText, runs);
  const heap = (await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0)) / 1e6;
  say(`${rows} rows: frames p50 ${percentile(frameMs, 0.5).toFixed(1)} ms, ${mounted[0]} rows mounted, heap ${heap.toFixed(0)} MB`);
  return [
    figure('50,000-row trace, bytes to first rows', median(openings), { unit: 'ms', digits: 0, most: 1500 }),
    figure('50,000-row trace, frame while scrolling, p95', percentile(frameMs, 0.95), { unit: 'ms', most: 25 }),
    figure('50,000-row trace, fold the root', median(foldMs), { unit: 'ms', most: 50 }),
    figure('50,000-row trace, find in all names', median(findMs), { unit: 'ms', most: 100 }),
    figure('50,000-row trace, rows mounted', Math.max(...mounted), { digits: 0, most: 80 }),
    figure('50,000-row trace, heap of the page', heap, { unit: 'MB', digits: 0, most: 150 }),
  ];
}

/** From the last byte of the answer to the first row. */
async function openingMs(page, address) {
  await page.goto('about:blank');
  const answered = page.waitForResponse((response) => response.url().includes('/api/traces/'));
  await page.goto(address);
  await (await answered).finished();
  const startMs = performance.now();
  await page.locator('tr[data-row]').first().waitFor();
  return performance.now() - startMs;
}

/** In the page. */
async function scrollFrames({ frames: count, scrollPixels: step }) {
  const scroller = document.querySelector('.scroller');
  const times = [];
  let before = await new Promise(requestAnimationFrame);
  for (let i = 0; i < count; i++) {
    scroller.scrollTop += step;
    const now = await new Promise(requestAnimationFrame);
    times.push(now - before);
    before = now;
  }
  return times;
}

/** In the page: until the frame after the fold is drawn. */
async function foldRoot(count) {
  const scroller = document.querySelector('.scroller');
  scroller.scrollTop = 0;
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  await frame();
  const times = [];
  for (let i = 0; i < count; i++) {
    const root = document.querySelector('tr[aria-rowindex="1"]');
    root.focus();
    await frame();
    const startMs = performance.now();
    root.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }));
    await frame();
    times.push(performance.now() - startMs);
    root.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    await frame();
  }
  return times;
}

/** In the page. */
async function findText(count) {
  const input = document.querySelector('#search');
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const type = async (text) => {
    input.value = text;
    const startMs = performance.now();
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await frame();
    return performance.now() - startMs;
  };
  const times = [];
  for (let i = 0; i < count; i++) {
    times.push(await type('checksum'));
    await type('');
  }
  return times;
}

async function sendTrace(product, count) {
  const start = Date.now() / 1000 - 120;
  const traceId = `1-${Math.floor(start).toString(16)}-${count.toString(16).padStart(24, 'ab')}`;
  const texts = [...documents({ traceId, start, count })].map((document) => JSON.stringify(document));
  for (let at = 0; at < texts.length; at += documentsOfPut) {
    await post(`${product.httpUrl}/TraceSegments`, { TraceSegmentDocuments: texts.slice(at, at + documentsOfPut) });
  }
  const deadline = Date.now() + storedLimitMs;
  for (;;) {
    const response = await fetch(`${product.httpUrl}/api/traces/${traceId}`);
    await response.body?.cancel();
    if (Number(response.headers.get('x-fluoroscope-documents')) === texts.length) return traceId;
    if (Date.now() > deadline) throw new Error(`the trace of ${texts.length} documents was not stored in time`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Segments of 250 rows, each a tree of its own below one root. */
function* documents({ traceId, start, count }) {
  let next = 1;
  const id = () => (next++).toString(16).padStart(16, '0');
  const names = ['read', 'parse', 'write', 'checksum', 'publish'];
  const root = { id: id(), trace_id: traceId, name: 'batch', start_time: start, end_time: start + 60 };
  yield root;
  for (let left = count - 1; left > 0; left -= rowsOfDocument) {
    const from = start + (next % 50_000) / 1000;
    const segment = {
      id: id(),
      trace_id: traceId,
      parent_id: root.id,
      name: `worker-${next % 6}`,
      start_time: from,
      end_time: from + 8,
      subsegments: [],
    };
    let inner = segment;
    for (let i = 1; i < Math.min(left, rowsOfDocument); i++) {
      const part = { id: id(), name: names[i % names.length], start_time: from + i / 40, end_time: from + i / 40 + 0.2 };
      inner.subsegments ??= [];
      inner.subsegments.push(part);
      inner = i % 7 === 0 ? segment : part;
    }
    yield segment;
  }
}
