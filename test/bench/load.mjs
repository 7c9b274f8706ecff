/** One product under a steady load: a sender and a live client in processes of their own, and what it costs. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { proportionalBytesOf, residentBytesOf } from './processes.mjs';
import { Product } from './product.mjs';
import { documentsPerBlock, graphOf, rowsPerSegment } from './traffic.mjs';

const warmUpMs = 1_000;
/** Who comes into the room of traces is given what is stored, twice within this time. */
const tracesWarmUpMs = 5_000;
const memoryEveryMs = 500;
const settleLimitMs = 60_000;
const graphEveryMs = 500;

/** Whole blocks, so that every callee has its caller. */
export function wholeBlocks(documents) {
  return Math.max(1, Math.round(documents / documentsPerBlock)) * documentsPerBlock;
}

/** Resolves when everything that was sent is stored and in the graph, or cannot come any more. `start` gives what is loaded. */
export async function runLoad({ rate, seconds, salt, start = () => Product.start(), probe = false, withTraces = false }) {
  const product = await start();
  const client = await startClient(product, { probe, withTraces });
  const memory = new MemoryWatch(product);
  try {
    await sleep(withTraces ? tracesWarmUpMs : warmUpMs);
    const before = product.cpu();
    if (probe) client.send('probe');
    const sender = startSender({ port: product.xrayPort, rate, documents: wholeBlocks(rate * seconds), salt });
    const sent = await answerOf(sender);
    const whileSending = difference(product.cpu(), before);
    const lagAtEnd = (await product.metrics()).get('fluoroscope_writer_lag');
    const probed = probe ? await finishClient(client) : undefined;
    const settled = await settle(product, sent);
    const cpu = difference(product.cpu(), before);
    const live = probed ?? (await finishClient(client));
    return { rate, sent, live, lagAtEnd, ...settled, cpu, whileSending, memory: memory.stop(), startMs: product.startMs };
  } finally {
    memory.stop();
    client.kill();
    await product.stop();
  }
}

export function startSender(settings) {
  return fork(fileURLToPath(new URL('./sender.mjs', import.meta.url)), [JSON.stringify(settings)]);
}

export async function answerOf(child) {
  const [answer] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`a process of the load ended: ${code}`))),
  ]);
  return answer;
}

async function startClient(product, { probe, withTraces }) {
  const settings = { url: product.httpUrl, probePort: probe ? product.xrayPort : undefined, withTraces };
  const client = fork(fileURLToPath(new URL('./live-client.mjs', import.meta.url)), [JSON.stringify(settings)]);
  await answerOf(client);
  return client;
}

function finishClient(client) {
  client.send('stop');
  return answerOf(client);
}

/** Waits until nothing lags and the graph shows what was sent; says what is missing when that does not come about. */
async function settle(product, sent) {
  const beganMs = performance.now();
  const expected = graphOf(sent.counts);
  let metrics = new Map();
  let wrong = ['not looked at'];
  let storedAtMs = 0;
  while (performance.now() - beganMs < settleLimitMs) {
    metrics = await product.metrics();
    const isQuiet = metrics.get('fluoroscope_daemon_in_hand') === 0 && metrics.get('fluoroscope_writer_lag') === 0;
    const isWhole = metrics.get('fluoroscope_writer_appended_total') >= metrics.get('fluoroscope_daemon_appended_total');
    if (isQuiet && isWhole) {
      storedAtMs ||= Date.now();
      wrong = differences(expected, await product.serviceGraph(sent.startedMs / 1000 - 60, sent.endedMs / 1000 + 10));
      if (wrong.length === 0 || metrics.get('fluoroscope_daemon_kernel_drops_total') > 0) break;
    }
    await sleep(graphEveryMs);
  }
  return { settleMs: performance.now() - beganMs, storedAtMs, metrics, wrong, bytesPerRow: await bytesPerRow(product) };
}

/** The probes' own nodes are not looked at. */
function differences(expected, shown) {
  const wrong = [];
  for (const [name, counts] of expected) {
    if (String(shown.get(name)) !== String(counts)) wrong.push(`${name}: ${counts} sent, ${shown.get(name) ?? 'nothing'} shown`);
  }
  for (const name of shown.keys())
    if (!expected.has(name) && !name.includes('probe-') && !isClientNode(name)) wrong.push(`${name}: shown, never sent`);
  return wrong;
}

function isClientNode(name) {
  return name.startsWith('client ') && !name.includes(' > ');
}

async function bytesPerRow(product) {
  const bytes = Number(await product.sql("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'fluoroscope'"));
  const rows = Number(await product.sql('SELECT count() FROM documents')) * rowsPerSegment;
  return bytes / rows;
}

function difference(after, before) {
  return Object.fromEntries(Object.entries(after).map(([name, micros]) => [name, micros - before[name]]));
}

/** Peaks of the tree's memory while it runs. */
class MemoryWatch {
  resident = 0;
  proportional = 0;
  /** By process. */
  peaks = {};
  #timer;
  #looks = 0;

  constructor(product) {
    this.#timer = setInterval(() => this.#look(product.pids()), memoryEveryMs);
  }

  stop() {
    clearInterval(this.#timer);
    return { resident: this.resident, proportional: this.proportional, peaks: this.peaks };
  }

  #look(pids) {
    let sum = 0;
    for (const [name, pid] of Object.entries(pids)) {
      const bytes = residentBytesOf(pid);
      this.peaks[name] = Math.max(this.peaks[name] ?? 0, bytes);
      sum += bytes;
    }
    this.resident = Math.max(this.resident, sum);
    if (this.#looks++ % 10 !== 0) return;
    const proportional = Object.values(pids).reduce((bytes, pid) => bytes + proportionalBytesOf(pid), 0);
    this.proportional = Math.max(this.proportional, proportional);
  }
}
