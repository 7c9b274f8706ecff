/**
 * What the live map costs the browser: 300 services and 600 calls at 10 Hz, in a headless Chromium without a GPU. A frame's
 * cost is all that its main thread did in it: messages, script, style, layout and paint. It is counted by the thread's own clock:
 * waiting for a processor that others use is no work of the page.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { figure, percentile } from './figures.mjs';
import { MapFeed } from './map-feed.mjs';

const executablePath = process.env.FLUOROSCOPE_CHROMIUM ?? '/usr/bin/chromium';
const frameMicros = 1_000_000 / 60;
/** Less is the browser's own housekeeping, and would only flatter the share of cheap frames. */
const leastMicros = 200;
const settleMs = 4_000;
const measureMs = 10_000;
const nodes = 300;
const edges = 600;
const shapes = [
  { name: 'every service changing', share: 1, path: '/?view=map&group=none', most: 8 },
  { name: 'all in view, every service changing', share: 1, path: '/?view=map&group=none&at=700,2400,15' },
  { name: 'a tenth changing', share: 0.1, path: '/?view=map&group=none', most: 8 },
  { name: 'in groups, every service changing', share: 1, path: '/?view=map&group=prefix', most: 8 },
];

export async function measure({ say }) {
  if (!existsSync(executablePath)) {
    say(`no Chromium at ${executablePath}`);
    return { figures: [], wrong: [] };
  }
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  const figures = [];
  for (const shape of shapes) figures.push(...(await measureShape(browser, shape)));
  await browser.close();
  return { figures, wrong: [] };
}

async function measureShape(browser, { name, share, path, most }) {
  const feed = new MapFeed({ nodes, edges, share });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, baseURL: await feed.start() });
  await page.goto(path);
  await page.locator('[data-node]').first().waitFor();
  await sleep(settleMs);
  await browser.startTracing(page, { categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  await sleep(measureMs);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  await page.close();
  await feed.stop();
  const costs = frameCosts(traceEvents);
  const busyMs = costs.reduce((sum, micros) => sum + micros, 0) / 1_000;
  return [
    figure(`map, ${name}: main thread of a frame, p95`, percentile(costs, 0.95) / 1_000, { unit: 'ms', most }),
    figure(`map, ${name}: main thread of a second`, (busyMs / measureMs) * 1_000, { unit: 'ms', digits: 0, most: most && 150 }),
  ];
}

/** Microseconds of work of the busiest main thread, frame by frame. */
function frameCosts(events) {
  const mains = new Set(events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(threadOf));
  const perThread = new Map();
  for (const event of events) {
    if (event.name !== 'RunTask' || event.tdur === undefined || (mains.size > 0 && !mains.has(threadOf(event)))) continue;
    const frames = perThread.get(threadOf(event)) ?? new Map();
    const frame = Math.floor(event.ts / frameMicros);
    frames.set(frame, (frames.get(frame) ?? 0) + event.tdur);
    perThread.set(threadOf(event), frames);
  }
  const sum = (frames) => [...frames.values()].reduce((total, micros) => total + micros, 0);
  const [busiest = new Map()] = [...perThread.values()].sort((a, b) => sum(b) - sum(a));
  return [...busiest.values()].filter((micros) => micros >= leastMicros);
}

function threadOf({ pid, tid }) {
  return `${pid} ${tid}`;
}
