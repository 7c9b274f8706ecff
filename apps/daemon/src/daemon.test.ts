import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DaemonCounters } from '@fluoroscope/contract/counters';
import { DiskLog } from '@fluoroscope/log/disk-log';
import { createLogger, type Logger } from '@fluoroscope/runtime/logger';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.js';

const header = '{"format":"json","version":1}\n';
const nobody = 'http://127.0.0.1:9';
let folder: string;
let log: DiskLog;
let daemon: Daemon;
let sender: Socket;
let lines: string[];
let logger: Logger;

beforeEach(async () => {
  lines = [];
  logger = createLogger({ name: 'daemon', level: 'info', destination: { write: (line) => void lines.push(line) }, readable: false });
  folder = await mkdtemp(join(tmpdir(), 'daemon-'));
  log = await DiskLog.open({ folder, capBytes: 100_000_000, logger });
  sender = createSocket('udp4');
});
afterEach(async () => {
  sender.close();
  await daemon?.close();
  await log.close();
  await rm(folder, { recursive: true });
});

async function start(options: Partial<DaemonOptions> = {}): Promise<void> {
  daemon = await startDaemon({ hosts: ['127.0.0.1'], port: 0, log, logger, bufferBytes: 1_000_000, apiUrl: nobody, ...options });
}

/** The event loop turns after each, or the kernel's buffer would have to hold them all. */
function send(bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    sender.send(bytes, daemon.port, '127.0.0.1', (error) => (error ? reject(error) : setImmediate(resolve)));
  });
}

function balance({ received, appended, rejected, spilledOver, inHand }: DaemonCounters): number {
  return received - appended - rejected - spilledOver - inHand;
}

/** The counters once everything that was sent has come and is decided. */
async function settled(sent: number): Promise<DaemonCounters> {
  await expect.poll(() => daemon.counters()).toMatchObject({ received: sent, inHand: 0 });
  const counters = daemon.counters();
  expect(balance(counters)).toBe(0);
  return counters;
}

/** Every document of the log, as text. */
async function logged(count: number): Promise<string[]> {
  const reader = await log.reader(`test-${count}`);
  const texts: string[] = [];
  while (texts.length < count) {
    for (const { bytes, ends } of await reader.next(1_000_000, 5_000)) {
      for (const [i, end] of ends.entries()) texts.push(Buffer.from(bytes.subarray(ends[i - 1] ?? 0, end)).toString());
    }
  }
  return texts;
}

describe('the daemon', () => {
  it('appends the body of a datagram byte for byte, without a newline at its end', async () => {
    await start();
    await send(`${header}{"name":"one"}`);
    await send(`{"format": "JSON", "version": 1}\n{"name":\n"two"}\n`);
    await send(`${header}not json, which the writer will say`);
    const counters = await settled(3);
    expect(counters).toMatchObject({ appended: 3, rejected: 0, spilledOver: 0, lastRejection: null });
    expect(await logged(3)).toEqual(['{"name":"one"}', '{"name":\n"two"}', 'not json, which the writer will say']);
  });

  it('rejects and counts what has no header, no body or another version, and says why', async () => {
    await start();
    const bad = [
      'garbage',
      header,
      '{"format":"json","version":1}',
      `{"format":"json","version":2}\n{}`,
      `${header}\n\r\n`,
      '\n',
      `[]\n{}`,
    ];
    for (const datagram of bad) await send(datagram);
    const counters = await settled(bad.length);
    expect(counters).toMatchObject({ rejected: bad.length, appended: 0 });
    expect(counters.lastRejection?.reason).toBe('invalid header');
    expect(counters.lastRejection?.at).toBeGreaterThan(Date.now() - 60_000);
  });

  it('says in the log how often each reason was the one', async () => {
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    await start();
    for (const datagram of ['garbage', header, `${header}\n`, '[]\n{}']) await send(datagram);
    await settled(4);
    now += 60_000;
    await send(header);
    await settled(5);
    const warnings = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'rejected a datagram');
    expect(warnings.map(({ times, reasons }) => ({ times, reasons }))).toEqual([
      { times: 1, reasons: { 'missing header or segment': 1 } },
      { times: 4, reasons: { 'missing header or segment': 3, 'invalid header': 1 } },
    ]);
  });

  it('recognises and counts the bodies of the ADOT exporter', async () => {
    await start();
    await send(`${header}T1SCgoK`);
    await send(`${header}T1UCgoK`);
    expect(await settled(2)).toMatchObject({ rejected: 2, otlp: 2 });
  });

  it('does not count an empty datagram, and takes the longest one', async () => {
    await start();
    await send('');
    await send(header + 'x'.repeat(65_507 - header.length));
    expect(await settled(1)).toMatchObject({ appended: 1 });
    expect((await logged(1))[0]).toHaveLength(65_507 - header.length);
  });

  it('keeps its equation whatever arrives', async () => {
    await start();
    let sent = 0;
    const whole = fc.uint8Array({ minLength: 1, maxLength: 300 });
    const withHeader = whole.map((body) => Buffer.concat([Buffer.from(header), body]));
    const truncated = withHeader.map((datagram) => datagram.subarray(0, Math.max(1, Math.floor(datagram.length / 2))));
    const hostile = fc.constantFrom(
      `${header}{"__proto__":{"polluted":1}}`,
      `${header}${'['.repeat(10_000)}`,
      `${header}{"name":"\\ud800"}`,
      `{"__proto__":{"format":"json","version":1}}\n{}`,
      `${'{"a":'.repeat(10_000)}\n{}`,
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(whole, withHeader, truncated, hostile), async (datagram) => {
        sent++;
        await send(datagram);
        expect(balance(daemon.counters())).toBe(0);
      }),
      { numRuns: 400 },
    );
    const counters = await settled(sent);
    expect(counters.appended + counters.rejected).toBe(sent);
    expect(log.endPosition()).toBe(counters.appended);
    // However many there were: the warning is rate-limited.
    expect(lines.filter((line) => line.includes('rejected a datagram')).length).toBeLessThanOrEqual(2);
  });

  it('counts what the log refuses as spilled over, says so, and appends again when there is room', async () => {
    let full = true;
    await start({ log: { append: (...given) => log.append(full ? [Buffer.alloc(101_000_000)] : given[0], given[1]) } });
    await send(`${header}{"name":"refused"}`);
    expect(await settled(1)).toMatchObject({ spilledOver: 1, appended: 0 });
    full = false;
    await send(`${header}{"name":"taken"}`);
    expect(await settled(2)).toMatchObject({ spilledOver: 1, appended: 1 });
    expect(lines.join()).toContain('spilled over');
  });

  it('drops the oldest beyond its buffer while the log is slow', async () => {
    let go = () => {};
    const slow = new Promise<void>((resolve) => {
      go = resolve;
    });
    await start({ bufferBytes: 8_000, log: { append: (...given) => slow.then(() => log.append(...given)) } });
    for (let i = 0; i < 40; i++) await send(`${header}${String(i).padEnd(1_000, '.')}`);
    await expect.poll(() => daemon.counters().received).toBe(40);
    const during = daemon.counters();
    expect(balance(during)).toBe(0);
    expect(during.inHand).toBeLessThanOrEqual(6);
    expect(during.spilledOver).toBe(40 - during.inHand);
    go();
    const after = await settled(40);
    const kept = (await logged(after.appended)).map(Number.parseFloat);
    expect(kept.slice(-5)).toEqual([35, 36, 37, 38, 39]);
  });

  it('appends what it has received before it is closed', async () => {
    await start();
    for (let i = 0; i < 200; i++) await send(`${header}{"i":${i}}`);
    await daemon.close();
    expect(daemon.counters()).toMatchObject({ received: 200, appended: 200, inHand: 0 });
    expect(log.endPosition()).toBe(200);
  });

  it('tells the buffer that the kernel granted, and the drops of the kernel where they are told', async () => {
    await start();
    const { receiveBufferBytes, kernelDrops } = daemon.counters();
    expect(receiveBufferBytes).toBeGreaterThan(0);
    expect(lines.some((line) => line.includes('sysctl -w net.core.rmem_max=4194304'))).toBe(receiveBufferBytes < 4_194_304);
    expect(kernelDrops).toBe(process.platform === 'linux' ? 0 : null);
  });

  it('receives on both loopback addresses, and goes on with one where there is no IPv6', async () => {
    await start({ hosts: ['127.0.0.1', '::1'] });
    await send(`${header}{}`);
    await settled(1);
    const six = createSocket('udp6');
    const error = await new Promise((resolve) => six.send(`${header}{}`, daemon.port, '::1', resolve));
    six.close();
    if (!error) await settled(2);
  });

  it('answers a port that is taken with one line that names the setting', async () => {
    await start();
    const again = () => startDaemon({ hosts: ['127.0.0.1'], port: daemon.port, log, logger, bufferBytes: 1_000, apiUrl: nobody });
    await expect(again()).rejects.toThrow(/^UDP port \d+ of 127\.0\.0\.1 is taken: .*FLUOROSCOPE_XRAY_PORT/);
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(startDaemon({ hosts: ['127.0.0.1'], port, log, logger, bufferBytes: 1_000, apiUrl: nobody })).rejects.toThrow(/^TCP port/);
    other.close();
  });
});
