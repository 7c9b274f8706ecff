/** What it costs to have it: the time until it is ready, and what it uses while nothing arrives. */
import { setTimeout as sleep } from 'node:timers/promises';
import { figure, median } from './figures.mjs';
import { residentBytesOf } from './processes.mjs';
import { Product } from './product.mjs';

const starts = 3;
const restMs = 3_000;
const idleMs = 20_000;

export async function measure({ say }) {
  const startMs = [];
  for (let at = 1; at < starts; at++) {
    const product = await Product.start();
    startMs.push(product.startMs);
    await product.stop();
  }
  const product = await Product.start();
  startMs.push(product.startMs);
  const { share, bytes } = await idle(product);
  await product.stop();
  say(`ready after ${startMs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  return {
    figures: [
      figure('start until ready to receive', median(startMs) / 1000, { unit: 's', digits: 2, most: 2 }),
      figure('idle CPU, of one core', share * 100, { unit: '%', digits: 1, most: 3 }),
      figure('idle memory of the tree, RSS', bytes / 1e6, { unit: 'MB', digits: 0 }),
    ],
    wrong: [],
  };
}

async function idle(product) {
  await sleep(restMs);
  const before = total(product.cpu());
  await sleep(idleMs);
  const share = (total(product.cpu()) - before) / 1000 / idleMs;
  return { share, bytes: Object.values(product.pids()).reduce((sum, pid) => sum + residentBytesOf(pid), 0) };
}

function total(cpu) {
  return Object.values(cpu).reduce((sum, micros) => sum + micros, 0);
}
