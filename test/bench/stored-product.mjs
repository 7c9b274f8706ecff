/** The product with hours of stored traces, and what asks it again and again. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './figures.mjs';
import { Product } from './product.mjs';
import { storeRows } from './stored-rows.mjs';

const warmUps = 3;
const times = 20;
const restLimitMs = 90_000;
const defaultRows = 5_000_000;

/** `--rows=20000000` */
export function wantedRows() {
  return Number(wordOf('rows') ?? defaultRows);
}

/** `--data=<folder>`: rows are stored there once, and kept. */
export function keptFolder() {
  return wordOf('data');
}

function wordOf(name) {
  return process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(`--${name}=`.length);
}

/** Resolves to what `measureAll` does. Without a folder, one that is removed at the end. */
export async function onStoredRows({ rows, shape, withGraph, folder, say }, measureAll) {
  const beganMs = performance.now();
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'fluoroscope-bench-')));
  const data = await storedData(home, { rows, shape, withGraph });
  const product = await Product.start({}, home, folder !== undefined);
  const what = `${(rows / 1e6).toFixed(0)} M rows, ${shape} graph`;
  say(`${what}: stored after ${((performance.now() - beganMs) / 1000).toFixed(0)} s, ready after ${product.startMs.toFixed(0)} ms`);
  try {
    await restOf(product);
    say('measuring');
    return await measureAll(product, data, what);
  } finally {
    await product.stop();
  }
}

async function storedData(folder, options) {
  const file = join(folder, 'stored-rows.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  await mkdir(folder, { recursive: true });
  const data = await storeRows(join(folder, 'clickhouse'), options);
  writeFileSync(file, JSON.stringify(data));
  return data;
}

/** Rows that came by the million leave merges behind, which are not what a query costs. */
async function restOf(product) {
  const limitMs = performance.now() + restLimitMs;
  let quietChecks = 0;
  while (quietChecks < 3 && performance.now() < limitMs) {
    await sleep(1000);
    quietChecks = (await product.sql('SELECT count() FROM system.merges')).trim() === '0' ? quietChecks + 1 : 0;
  }
}

/** Ends somewhere in the last minutes, never on a whole hour. */
export function rangeOf({ to }, seconds) {
  const end = Math.floor(to - 30 - Math.random() * 600) + 3;
  return { from: end - seconds, to: end };
}

/** Milliseconds, the median. `ask` is told which time it is. */
export async function time(ask) {
  const spent = [];
  for (let at = -warmUps; at < times; at++) {
    const beganMs = performance.now();
    await ask(at + warmUps);
    if (at >= 0) spent.push(performance.now() - beganMs);
  }
  return median(spent);
}
