import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskLog, type DiskLogOptions } from './disk-log.js';
import { DiskLogReader } from './disk-log-reader.js';
import { LogBroken, LogFull } from './log.js';
import { describeLogConformance, documentsOf, readDocuments, textsOf } from './log-conformance.js';

const messages: string[] = [];
const logger = {
  warn: (_details: object, message: string) => void messages.push(message),
  error: (_details: object, message: string) => void messages.push(message),
};
const capBytes = 100_000_000;
let folder: string;
let log: DiskLog;

const openLog = (options: Partial<DiskLogOptions> = {}) => DiskLog.open({ folder, capBytes, logger, ...options });
const onlyFile = async () => join(folder, (await readdir(folder)).find((name) => name.endsWith('.log')) ?? '');
const logFiles = async () => (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();

beforeEach(async () => {
  messages.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'disk-log-'));
});
afterEach(async () => {
  await log?.close();
  await rm(folder, { recursive: true, force: true });
});

describeLogConformance('the disk log', async () => {
  const opened = await openLog();
  log = opened;
  return { appender: opened, reader: (name) => opened.reader(name), close: () => opened.close() };
});

/** Five records of three documents, closed. */
async function writeFive(): Promise<string[]> {
  log = await openLog();
  const texts: string[] = [];
  for (let i = 0; i < 5; i++) {
    const record = [`${i}a`, `${i}b`.repeat(10), `${i}c`];
    texts.push(...record);
    await log.append(documentsOf(...record), i);
  }
  await log.close();
  return texts;
}

describe('a torn tail', () => {
  it('is cut at whatever byte it ends, and the log goes on behind the last whole record', async () => {
    const texts = await writeFive();
    const path = await onlyFile();
    const whole = await readFile(path);
    const recordBytes = whole.length / 5;
    for (let bytes = whole.length - 1; bytes >= recordBytes * 3; bytes--) {
      await writeFile(path, whole.subarray(0, bytes));
      log = await openLog();
      const kept = Math.floor(bytes / recordBytes) * 3;
      expect(log.endPosition()).toBe(kept);
      expect(log.counters()).toMatchObject({ tornBytes: bytes % recordBytes, lostDocuments: 0, damagedRegions: 0 });
      await log.append(documentsOf('next'), 9);
      const reader = await log.reader(`at-${bytes}`);
      expect((await readDocuments(reader, kept + 1)).texts).toEqual([...texts.slice(0, kept), 'next']);
      await log.close();
      await rm(join(folder, 'readers', `at-${bytes}.json`));
    }
  });

  it('of zeros or garbage is cut as well', async () => {
    await writeFive();
    for (const tail of [Buffer.alloc(5_000), Buffer.from('garbage'.repeat(100)), Buffer.alloc(300, 255)]) {
      await appendFile(await onlyFile(), tail);
      log = await openLog();
      expect(log.endPosition()).toBe(15);
      expect(log.counters().tornBytes).toBe(tail.length);
      await log.close();
    }
  });

  it('never lets a position be given twice, once a reader has committed it', async () => {
    await writeFive();
    log = await openLog();
    await (await log.reader('writer')).commit(15, null);
    await log.close();
    await truncate(await onlyFile(), 10);
    log = await openLog();
    await log.append(documentsOf('new'), 1);
    const reader = await log.reader('writer');
    expect((await readDocuments(reader, 1)).batches[0]).toMatchObject({ position: 15 });
    expect(messages.join()).toContain('positions stay taken');
  });
});

describe('damage in the middle', () => {
  it('at any byte of a record loses that record only, counted by the start and by the reader', async () => {
    const texts = await writeFive();
    const path = await onlyFile();
    const whole = await readFile(path);
    const recordBytes = whole.length / 5;
    for (let at = recordBytes; at < 2 * recordBytes; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      await writeFile(path, damaged);
      log = await openLog();
      expect(log.counters()).toMatchObject({ endPosition: 15, damagedRegions: 1, lostDocuments: 3, tornBytes: 0 });
      const reader = await log.reader('damage');
      const read = await readDocuments(reader, 12);
      expect(read.texts).toEqual([...texts.slice(0, 3), ...texts.slice(6)]);
      expect(read.batches.map(({ lost }) => lost)).toEqual([0, 3, 0, 0]);
      expect(reader.lost).toBe(3);
      await log.close();
    }
  });

  it('at the end of the log is given up, and what follows is read', async () => {
    log = await openLog();
    const reader = await log.reader('end');
    await log.append(documentsOf('a', 'b'), 1);
    const file = await open(await onlyFile(), 'r+');
    await file.write(Buffer.from('x'), 0, 1, 30);
    await file.close();
    expect(await reader.next(1_000, 50)).toMatchObject([{ position: 2, lost: 2, ends: new Uint32Array() }]);
    expect([await reader.next(1_000, 10), reader.lost, reader.unread()]).toEqual([[], 2, 0]);
    await log.append(documentsOf('c'), 1);
    expect((await readDocuments(reader, 1)).texts).toEqual(['c']);
    expect(reader.lost).toBe(2);
  });

  it('never takes the bytes of a record inside a document for a record', async () => {
    log = await openLog();
    await log.append(documentsOf('inner'), 1);
    const inner = await readFile(await onlyFile());
    await log.close();
    await rm(folder, { recursive: true });
    log = await openLog();
    await log.append([inner], 1);
    await log.append(documentsOf('behind'), 1);
    const file = await open(await onlyFile(), 'r+');
    await file.write(Buffer.from([1]), 0, 1, 20);
    await file.close();
    const reader = await log.reader('hostile');
    expect((await readDocuments(reader, 1)).texts).toEqual(['behind']);
    expect(reader.lost).toBe(1);
  });

  it('is a missing file too', async () => {
    log = await openLog({ fileBytes: 1 });
    const reader = await log.reader('files');
    for (const text of ['a', 'b', 'c', 'd']) await log.append(documentsOf(text), 1);
    await unlink(join(folder, (await logFiles())[1] ?? ''));
    expect((await readDocuments(reader, 3)).texts).toEqual(['a', 'c', 'd']);
    expect(reader.lost).toBe(1);
  });
});

describe('files', () => {
  it('are deleted when every reader is past them, and only then', async () => {
    log = await openLog({ fileBytes: 1 });
    for (const text of ['a', 'b', 'c', 'd']) await log.append(documentsOf(text), 1);
    await log.sweep();
    expect(await logFiles()).toHaveLength(4);
    const [first, second] = [await log.reader('first'), await log.reader('second')];
    await first.commit(4, null);
    await log.sweep();
    expect(await logFiles()).toHaveLength(4);
    await second.commit(2, null);
    await log.sweep();
    expect(await logFiles()).toEqual(['00000000000000000002.log', '00000000000000000003.log']);
    expect(log.counters()).toMatchObject({ files: 2, deletedFiles: 2, endPosition: 4 });
    await second.close();
    expect((await readDocuments(await log.reader('second'), 2)).texts).toEqual(['c', 'd']);
  });

  it('are not held by a reader that is gone, which is reported once', async () => {
    log = await openLog({ fileBytes: 1, readerGoneMs: 2_000 });
    await log.append(documentsOf('a'), 1);
    await (await log.reader('gone')).close();
    await log.append(documentsOf('b'), 1);
    await log.sweep();
    expect(await logFiles()).toHaveLength(2);
    const swept = async () => {
      await log.sweep();
      return logFiles();
    };
    await expect.poll(swept).toHaveLength(1);
    await log.sweep();
    expect(log.counters().droppedReaders).toBe(1);
    const back = await log.reader('gone');
    expect((await readDocuments(back, 1)).texts).toEqual(['b']);
    expect(back.lost).toBe(1);
  });

  it('are read across their borders, records longer than one read included', async () => {
    log = await openLog({ fileBytes: 6_000_000 });
    const sizes = [5_000_000, 10, 3_000_000, 4_200_000, 0, 9_000_000, 1];
    for (const size of sizes) await log.append([Buffer.alloc(size, size % 251)], 1);
    const { batches } = await readDocuments(await log.reader('long'), sizes.length);
    expect(batches.map(({ bytes }) => bytes.length)).toEqual(sizes);
    expect(log.counters().files).toBeGreaterThan(2);
  });
});

describe('bounds', () => {
  it('refuses at the byte cap, and takes again when readers have made room', async () => {
    log = await openLog({ capBytes: 80_000 });
    const reader = await log.reader('room');
    const document = [new Uint8Array(4_000)];
    let appended = 0;
    const refused = await (async () => {
      for (;;) {
        try {
          await log.append(document, 1);
          appended++;
        } catch (error) {
          return error;
        }
      }
    })();
    expect(refused).toBeInstanceOf(LogFull);
    expect(appended).toBe(19);
    await readDocuments(reader, appended);
    await reader.commit(appended, null);
    await log.sweep();
    await log.append(document, 1);
    expect(log.counters()).toMatchObject({ refusedAtCap: 1, endPosition: 20 });
  });

  it('refuses what does not fit into memory while the disk is slower', async () => {
    log = await openLog({ maxPendingBytes: 10_000 });
    const appends = Array.from({ length: 20 }, () => log.append([new Uint8Array(1_000)], 1));
    const results = await Promise.allSettled(appends);
    const refused = results.filter(({ status }) => status === 'rejected').length;
    expect(refused).toBe(11);
    expect(log.counters()).toMatchObject({ refusedForMemory: 11, appendedDocuments: 9, pendingBytes: 0 });
    await log.append([new Uint8Array(1_000)], 1);
  });

  it('shares a sync among the appends that arrive together', async () => {
    log = await openLog();
    await Promise.all(Array.from({ length: 1_000 }, () => log.append(documentsOf('x'), 1)));
    expect(log.counters().syncs).toBeLessThanOrEqual(3);
  });
});

describe('a disk that fails', () => {
  it('in fsync breaks the log for good: what waited and what follows is refused, and never read', async () => {
    let failing = false;
    log = await openLog({
      openFile: async (...given) => {
        const file = await open(...given);
        const datasync = file.datasync.bind(file);
        file.datasync = () => (failing ? Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' })) : datasync());
        return file;
      },
    });
    await log.append(documentsOf('kept'), 1);
    failing = true;
    const refused = [log.append(documentsOf('lost'), 1), log.append(documentsOf('lost too'), 1)];
    for (const append of refused) await expect(append).rejects.toBeInstanceOf(LogBroken);
    failing = false;
    await expect(log.append(documentsOf('later'), 1)).rejects.toBeInstanceOf(LogBroken);
    expect(log.brokenBy()).toBeInstanceOf(LogBroken);
    await log.close();
    log = await openLog();
    expect((await readDocuments(await log.reader('r'), 1)).texts).toEqual(['kept']);
    expect(log.endPosition()).toBe(1);
  });

  it('because it is full cuts the partial write off, refuses, and takes again when there is room', async ({ skip }) => {
    const disk = join(folder, 'tmpfs');
    if (!mountSmall(disk)) skip('needs root and mount, for a small tmpfs');
    try {
      const full = await DiskLog.open({ folder: join(disk, 'log'), capBytes, logger });
      const reader = await full.reader('r');
      await full.append(documentsOf('first'), 1);
      await writeFile(join(disk, 'ballast'), Buffer.alloc(600_000));
      const path = join(disk, 'log', '00000000000000000000.log');
      const { size } = await stat(path);
      await expect(full.append([Buffer.alloc(700_000)], 1)).rejects.toBeInstanceOf(LogFull);
      expect((await stat(path)).size).toBe(size);
      await rm(join(disk, 'ballast'));
      await full.append(documentsOf('second'), 1);
      expect((await readDocuments(reader, 2)).texts).toEqual(['first', 'second']);
      expect(full.counters()).toMatchObject({ refusedByDisk: 1, endPosition: 2 });
      await full.close();
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

function mountSmall(path: string): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/bin/mount')) return false;
  try {
    execFileSync('mkdir', ['-p', path]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the folder', () => {
  it('has one owner: a second one is told which process has it, and a lock of a dead one is taken over', async () => {
    log = await openLog();
    await expect(openLog()).rejects.toThrow(`belongs to process ${process.pid}, which is running`);
    await log.close();
    const child = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' });
    await writeFile(
      join(folder, 'lock'),
      JSON.stringify({ pid: Number(child), startedAt: 'x', host: (await import('node:os')).hostname() }),
    );
    log = await openLog();
    await log.append(documentsOf('mine'), 1);
  });

  it('of a process whose id is in use by another one by now is taken over', async () => {
    await writeFile(
      join(folder, 'lock'),
      JSON.stringify({ pid: process.pid, startedAt: 'other', host: (await import('node:os')).hostname() }),
    );
    log = await openLog();
    expect(log.endPosition()).toBe(0);
  });

  it('of another host counts as owned while its lock is renewed', async () => {
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid: 1, startedAt: 'x', host: 'elsewhere' }));
    await expect(openLog()).rejects.toThrow('belongs to process 1');
  });

  it('of a newer version is refused with one line that says so', async () => {
    await writeFile(join(folder, 'format'), JSON.stringify({ version: 2, seed: 1 }));
    await expect(openLog()).rejects.toThrow(/newer version \(log format 2, this version reads 1\): .*FLUOROSCOPE_DATA_DIR/);
  });

  it('without its format, or with a damaged one, is refused rather than cut', async () => {
    await writeFive();
    const before = await readFile(await onlyFile());
    await writeFile(join(folder, 'format'), '{"version":1');
    await expect(openLog()).rejects.toThrow('is damaged');
    await rm(join(folder, 'format'));
    await expect(openLog()).rejects.toThrow('is missing');
    expect(await readFile(await onlyFile())).toEqual(before);
  });
});

describe('a reader in another process', () => {
  it('sees nothing before it is told that it is durable', async () => {
    log = await openLog();
    await log.append(documentsOf('a'), 1);
    const reader = await DiskLogReader.open({ folder, name: 'apart', durablePosition: 0, logger });
    expect(await reader.next(1_000, 10)).toEqual([]);
    const waiting = reader.next(1_000, 5_000);
    await log.append(documentsOf('b'), 1);
    reader.advance(1);
    expect((await waiting).flatMap(textsOf)).toEqual(['a']);
    expect(await reader.next(1_000, 10)).toEqual([]);
    reader.advance(2);
    expect((await reader.next(1_000, 10)).flatMap(textsOf)).toEqual(['b']);
    await reader.close();
  });
});
