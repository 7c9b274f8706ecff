/**
 * A process that sends documents over UDP at an exact rate: what is due is sent in bursts every few milliseconds, and what
 * was held up is made good. Started with its settings as one JSON argument; tells its parent what it has sent.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { DocumentWriter, datagramBytes } from './traffic.mjs';

const paceMs = 5;
/** Held up for longer, it catches up in several bursts: the socket's buffer holds about 3,400 datagrams. */
const maxBurst = 600;
/** Buffers in use by turns; a datagram is with the kernel long before its buffer comes round again. */
const slabs = Array.from({ length: 16 }, () => Buffer.allocUnsafe(maxBurst * datagramBytes));

const { port, rate, documents, salt } = JSON.parse(process.argv[2]);
const socket = createSocket('udp4');
socket.connect(port, '127.0.0.1');
await once(socket, 'connect');
const writer = new DocumentWriter(salt);
/** On the wall clock. */
const startedMs = Date.now();
const beganMs = performance.now();
let sent = 0;
let failed = 0;
let latestMs = 0;

while (sent < documents) {
  const elapsedMs = performance.now() - beganMs;
  const due = Math.min(documents, Math.floor((elapsedMs / 1000) * rate));
  latestMs = Math.max(latestMs, ((due - sent) / rate) * 1000);
  sendBurst(Math.min(maxBurst, due - sent));
  await sleep(due - sent > 0 ? 1 : paceMs);
}
const endedMs = Date.now();
socket.close();
await once(socket, 'close');
process.send({ sent, failed, startedMs, endedMs, latestMs, cpuMicros: cpuMicros(), counts: writer.counts });
process.disconnect();

function sendBurst(count) {
  const slab = slabs.shift();
  slabs.push(slab);
  const nowMicros = (performance.timeOrigin + performance.now()) * 1000;
  for (let at = 0; at < count; at++) {
    const offset = at * datagramBytes;
    writer.write(slab, offset, sent + at, nowMicros);
    socket.send(slab, offset, datagramBytes, countFailure);
  }
  sent += count;
}

function countFailure(error) {
  if (error) failed++;
}

function cpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
