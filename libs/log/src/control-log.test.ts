import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ControlFold } from './control-changes.js';
import { ControlLog } from './control-log.js';
import { DiskLog } from './disk-log.js';

/** The simplest thing people could edit: names, each of which there can be once. */
class Names implements ControlFold<'taken' | 'made'> {
  readonly names = new Set<string>();
  applied = 0;

  apply(text: string): 'taken' | 'made' {
    this.applied++;
    const { name } = JSON.parse(text) as { name: string };
    if (this.names.has(name)) return 'taken';
    this.names.add(name);
    return 'made';
  }

  snapshot(): unknown {
    return [...this.names];
  }

  restore(snapshot: unknown): boolean {
    if (!Array.isArray(snapshot)) return false;
    for (const name of snapshot) this.names.add(name);
    return true;
  }
}

const lines: string[] = [];
const logger = { warn: (_: object, line: string) => void lines.push(line), error: (_: object, line: string) => void lines.push(line) };
let folder: string;
let disk: DiskLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fluoroscope-control-'));
  disk = await openDisk();
  lines.length = 0;
});
afterEach(async () => {
  await disk.close();
  await rm(folder, { recursive: true, force: true });
});

function openDisk(): Promise<DiskLog> {
  return DiskLog.open({ folder, capBytes: 64 * 1024 * 1024, logger, readerGoneMs: Number.POSITIVE_INFINITY });
}

async function openControl(fold = new Names(), name = 'one'): Promise<{ log: ControlLog<'taken' | 'made'>; fold: Names }> {
  const log = await ControlLog.open({ folder, name, appender: disk, durablePosition: disk.endPosition(), fold, logger });
  disk.onDurable((end) => log.advance(end));
  return { log, fold };
}

describe('the control log', () => {
  it('answers a change when it can be read, and lets the order of the log decide between two processes', async () => {
    const [one, two] = [await openControl(), await openControl(new Names(), 'two')];
    const outcomes = await Promise.all([one.log.change({ name: 'a' }, { actor: 'x' }), two.log.change({ name: 'a' }, { actor: 'y' })]);
    expect([...outcomes].sort()).toEqual(['made', 'taken']);
    expect(await one.log.change({ name: 'b' }, { actor: 'x' })).toBe('made');
    expect(one.fold.names.has('b')).toBe(true);
    expect(await two.log.change({ name: 'b' }, { actor: 'y' })).toBe('taken');
    await Promise.all([one.log.close(), two.log.close()]);
  });

  it('is the same after a restart with its snapshot, and without it', async () => {
    const first = await openControl();
    for (let from = 0; from < 1_500; from += 500)
      await Promise.all(Array.from({ length: 500 }, (_, n) => first.log.change({ name: `n${(from + n) % 700}` }, { actor: 'x' })));
    await first.log.close();
    expect(first.log.counters()).toMatchObject({ applied: 1_500, lost: 0, failedSnapshots: 0 });
    const resumed = await openControl();
    expect(resumed.fold.applied).toBe(0);
    expect(resumed.fold.names).toEqual(first.fold.names);
    expect(await resumed.log.change({ name: 'n0' }, { actor: 'x' })).toBe('taken');
    await resumed.log.close();
    await writeFile(join(folder, 'one.snapshot.json'), '{"position": 3, "sta');
    const whole = await openControl();
    expect(whole.fold.applied).toBe(1_501);
    expect(whole.fold.names).toEqual(first.fold.names);
    expect(lines).toEqual(['the snapshot of the control log is damaged; the log is read from its beginning']);
    await whole.log.close();
  });

  it('goes on behind a torn end, which nobody was told of', async () => {
    const first = await openControl();
    for (const name of ['a', 'b', 'c']) await first.log.change({ name }, { actor: 'x' });
    await disk.close();
    const file = (await readdir(folder)).find((name) => name.endsWith('.log')) ?? '';
    await truncate(join(folder, file), (await readFile(join(folder, file))).length - 5);
    disk = await openDisk();
    const second = await openControl();
    expect([...second.fold.names]).toEqual(['a', 'b']);
    expect(await second.log.change({ name: 'c' }, { actor: 'x' })).toBe('made');
    await second.log.close();
  });

  it('keeps what a snapshot holds when the disk has lost the records behind it, and gives their positions anew', async () => {
    const first = await openControl();
    for (const name of ['a', 'b', 'c']) await first.log.change({ name }, { actor: 'x' });
    await first.log.close();
    await disk.close();
    for (const file of await readdir(folder)) if (file.endsWith('.log')) await rm(join(folder, file));
    disk = await openDisk();
    const second = await openControl();
    expect(await second.log.change({ name: 'd' }, { actor: 'x' })).toBe('made');
    expect([...second.fold.names]).toEqual(['a', 'b', 'c', 'd']);
    await second.log.close();
    const third = await openControl();
    expect([...third.fold.names]).toEqual(['a', 'b', 'c', 'd']);
    await third.log.close();
  });

  it('asks a disk that cannot be read again, but not all the time, and goes on from there', async () => {
    const fold = new Names();
    const log = await ControlLog.open({ folder, name: 'one', appender: disk, durablePosition: 0, fold, logger });
    await disk.append([Buffer.from('{"name":"a"}')], Date.now());
    const path = join(folder, (await readdir(folder)).find((name) => name.endsWith('.log')) ?? '');
    await rename(path, `${path}.aside`);
    await mkdir(path);
    log.advance(1);
    await expect.poll(() => lines[0]).toBe('the control log cannot be read');
    await sleep(100);
    await rmdir(path);
    await rename(`${path}.aside`, path);
    await expect.poll(() => [...fold.names]).toEqual(['a']);
    expect(lines.length).toBeLessThan(20);
    await log.close();
  });

  it('says when a change was not taken: too long, or a log that is closed', async () => {
    const { log, fold } = await openControl();
    await expect(log.change({ name: 'a'.repeat(3_000_000) }, { actor: 'x' })).rejects.toBeInstanceOf(RangeError);
    await disk.close();
    await expect(log.change({ name: 'a' }, { actor: 'x' })).rejects.toThrow('the log is closed');
    expect(fold.names.size).toBe(0);
    await log.close();
  });

  it('lets go of what a snapshot covers, beyond what it is told to keep', async () => {
    await disk.close();
    disk = await DiskLog.open({ folder, capBytes: 64 * 1024 * 1024, fileBytes: 20_000, logger, readerGoneMs: Number.POSITIVE_INFINITY });
    const fold = new Names();
    const durablePosition = disk.endPosition();
    const log = await ControlLog.open({ folder, name: 'one', appender: disk, durablePosition, fold, keptBytes: 0, logger });
    disk.onDurable((end) => log.advance(end));
    for (let from = 0; from < 2_100; from += 300)
      await Promise.all(Array.from({ length: 300 }, (_, n) => log.change({ name: `n${from + n}` }, { actor: 'x' })));
    await log.close();
    await disk.sweep();
    expect(disk.counters().bytes).toBeLessThan(50_000);
    const resumed = await openControl();
    expect(resumed.fold.names).toEqual(fold.names);
    await resumed.log.close();
  });

  it('keeps every record, with who asked and when', async () => {
    const { log } = await openControl();
    await log.change({ name: 'a' }, { actor: 'somebody' });
    const reader = await disk.reader('audit');
    const [batch] = await reader.next(1_000_000, 100);
    expect(JSON.parse(Buffer.from(batch?.bytes ?? []).toString())).toEqual({
      id: expect.any(String),
      at: expect.any(Number),
      actor: 'somebody',
      name: 'a',
    });
    await log.close();
  });
});
