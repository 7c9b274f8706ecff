/**
 * Going from page to page in a real Chromium while the shop of the demo runs: from the click until data of the next page is
 * drawn, and what each page loads when it is opened first. Without a browser there is nothing to measure, and it says so.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { figure, median } from './figures.mjs';
import { Product } from './product.mjs';

const executablePath = process.env.FLUOROSCOPE_CHROMIUM ?? '/usr/bin/chromium';
const demo = fileURLToPath(new URL('../../apps/demo/dist/main.js', import.meta.url));
const requestsPerSecond = '30';
const rounds = 10;
const waitMs = 60_000;
/** A change of view; a first load is measured in bytes. */
const mostChangeMs = 100;

/** In the order of a round: what is clicked (the last of its kind: of traces one that is stored by now), and what only data can have drawn. */
const pages = [
  { name: 'traces', link: 'nav a[href^="/traces"]', ready: '[data-trace]' },
  { name: 'trace', link: '[data-trace] a', ready: '[data-row]' },
  { name: 'ingest', link: 'nav a[href^="/ingest"]', ready: 'main dl, main table' },
  { name: 'map', link: 'nav a[href="/"], nav a[href^="/?"]', ready: '[data-node]' },
];

export async function measure({ say }) {
  if (!existsSync(executablePath)) {
    say(`there is no browser at ${executablePath}; FLUOROSCOPE_CHROMIUM names another`);
    return { figures: [], wrong: [] };
  }
  const product = await Product.start();
  const env = { ...process.env, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${product.xrayPort}`, FLUOROSCOPE_DEMO_RATE: requestsPerSecond };
  const shop = spawn(process.execPath, [demo], { env, stdio: 'ignore' });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    return { figures: await measurePages(page, product.httpUrl), wrong: [] };
  } finally {
    shop.kill('SIGKILL');
    await browser.close();
    await product.stop();
  }
}

async function measurePages(page, address) {
  await page.goto(address);
  await page.locator('[data-node]').first().waitFor({ timeout: waitMs });
  const figures = [figure('the map, all that its first visit loads', await loadedKb(page), { unit: 'KB', most: 130 })];
  const times = new Map(pages.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, link, ready } of pages) {
      await page.locator(link).first().waitFor({ timeout: waitMs });
      const ms = await page.evaluate(change, { link, ready });
      // The first time loads code, and is no measure of the others.
      if (round > 0) times.get(name).push(ms);
      else if (name !== 'map') figures.push(figure(`${name}, what its first visit adds`, await loadedKb(page), { unit: 'KB' }));
    }
  }
  for (const [name, all] of times)
    figures.push(figure(`from another page to ${name}`, median(all), { unit: 'ms', digits: 0, most: mostChangeMs }));
  return figures;
}

/** Scripts and styles that came over the wire since the last call, in thousands of bytes, compressed as they came. */
async function loadedKb(page) {
  return page.evaluate(() => {
    const entries = performance.getEntriesByType('resource').filter(({ name }) => /\.(js|css)$/.test(name));
    performance.clearResourceTimings();
    return entries.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1_000;
  });
}

/** In the page: until the frame after the first data is drawn. */
async function change({ link, ready }) {
  const startMs = performance.now();
  [...document.querySelectorAll(link)].at(-1).click();
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  do await frame();
  while (document.querySelector(ready) === null);
  return performance.now() - startMs;
}
