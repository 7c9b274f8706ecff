/**
 * A process that looks at the live graph as a page does: joins the room and keeps the window up to date. With `withTraces` it
 * is in the room of the trace list too. With `probePort` it
 * also sends segments of services that nobody has seen before, at random times, and measures on its one clock when they
 * arrive. Told `stop` by its parent, it answers with what it has seen.
 */
import { createSocket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphWindow } from '@fluoroscope/xray/graph-window';
import { io } from 'socket.io-client';
import { mix } from './traffic.mjs';

const { url, probePort, withTraces } = JSON.parse(process.argv[2]);
/** About eight probes a second, never in step with a tick. */
const probeWaitMs = { least: 30, most: 220 };
const probeLimitMs = 30_000;
const namePrefix = `probe-${process.pid}-`;
const window = new GraphWindow();
const sentAtMs = new Map();
const latenciesMs = [];
const probes = { sent: 0 };
const seen = { frames: 0, sequence: 0, gaps: 0, rows: 0 };

const live = io(url, { transports: ['websocket'], reconnection: false });
live.on('graph:snapshot', ({ slices, sequence }) => {
  window.replaceAll(slices);
  seen.sequence = sequence;
  process.send({ kind: 'joined' });
});
live.on('graph:delta', ({ slices, sequence }) => {
  if (sentAtMs.size > 0) lookForProbes(slices, performance.now());
  window.apply(slices);
  if (sequence !== seen.sequence + 1) seen.gaps++;
  seen.sequence = sequence;
  seen.frames++;
});
live.on('traces:delta', ({ rows }) => {
  seen.rows += rows.length;
});
live.on('connect', () => {
  live.emit('join', 'graph');
  if (withTraces) live.emit('join', 'traces');
});
process.on('message', (message) => {
  if (message === 'probe') setTimeout(probe, 0);
  if (message === 'stop') void finish();
});

const socket = createSocket('udp4');
let isStopped = false;

function probe() {
  if (isStopped) return;
  const number = probes.sent++;
  const now = Date.now() / 1000;
  const id = (mix(number, 1) >>> 0).toString(16).padStart(16, '1');
  const trace = `1-${Math.floor(now).toString(16)}-${mix(number, process.pid).toString(16).padStart(24, '2')}`;
  const document = { trace_id: trace, id, name: namePrefix + number, start_time: now - 0.01, end_time: now };
  sentAtMs.set(namePrefix + number, performance.now());
  socket.send(`{"format":"json","version":1}\n${JSON.stringify(document)}`, probePort, '127.0.0.1');
  setTimeout(probe, probeWaitMs.least + Math.random() * (probeWaitMs.most - probeWaitMs.least));
}

function lookForProbes(slices, nowMs) {
  for (const { nodes } of slices) {
    for (const [name] of nodes) {
      const sentMs = name.startsWith(namePrefix) ? sentAtMs.get(name) : undefined;
      if (sentMs === undefined) continue;
      latenciesMs.push(nowMs - sentMs);
      sentAtMs.delete(name);
    }
  }
}

/** Probes that are under way are waited for, even when the product is behind. */
async function finish() {
  isStopped = true;
  const limitMs = performance.now() + probeLimitMs;
  while (sentAtMs.size > 0 && performance.now() < limitMs) await sleep(50);
  process.send({ kind: 'seen', ...seen, probes: probes.sent, missing: sentAtMs.size, latenciesMs });
  live.disconnect();
  socket.close();
  process.disconnect();
}
