import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskLog } from './disk-log.js';
import { LogBroken, LogFull } from './log.js';
import { documentsOf, readDocuments } from './log-conformance.js';
import { LogPortClient, serveLogPort } from './log-port.js';

const logger = { warn: () => {}, error: () => {} };
let folder: string;
let log: DiskLog;
let channel: MessageChannel;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-port-'));
  log = await DiskLog.open({ folder, capBytes: 100_000, logger });
  channel = new MessageChannel();
  serveLogPort(channel.port2, log);
});
afterEach(async () => {
  channel.port1.close();
  await log.close();
  await rm(folder, { recursive: true });
});

describe('LogPortClient', () => {
  it('appends in order, copies what it is given, and resolves when it is durable', async () => {
    const client = new LogPortClient(channel.port1);
    const memory = Buffer.from('a,b');
    const first = client.append([memory.subarray(0, 1), new Uint8Array(), memory.subarray(2)], 5);
    const second = client.append(documentsOf('c'), 6);
    memory.fill(0);
    await Promise.all([first, second]);
    expect(log.endPosition()).toBe(4);
    const { texts, batches } = await readDocuments(await log.reader('r'), 4);
    expect(texts).toEqual(['a', '', 'b', 'c']);
    expect(batches[0]?.receivedAtMs).toBe(5);
  });

  it('passes on that the log is full, and that it is broken', async () => {
    const client = new LogPortClient(channel.port1);
    await expect(client.append([new Uint8Array(200_000)], 1)).rejects.toBeInstanceOf(LogFull);
    await log.close();
    await expect(client.append(documentsOf('x'), 1)).rejects.toBeInstanceOf(LogBroken);
  });

  it('refuses what is more than may wait, and counts it', async () => {
    const client = new LogPortClient(channel.port1, 1_000);
    const first = client.append([new Uint8Array(900)], 1);
    await expect(client.append([new Uint8Array(900)], 1)).rejects.toBeInstanceOf(LogFull);
    await first;
    await client.append([new Uint8Array(900)], 1);
    expect(client.refused).toBe(1);
  });

  it('refuses what waits and what follows when the other side is gone', async () => {
    const idle = new MessageChannel();
    const client = new LogPortClient(idle.port1);
    const waiting = client.append(documentsOf('x'), 1);
    idle.port2.close();
    await expect(waiting).rejects.toBeInstanceOf(LogBroken);
    await expect(client.append(documentsOf('y'), 1)).rejects.toBeInstanceOf(LogBroken);
  });
});
